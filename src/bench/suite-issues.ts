/** What a schema cannot see: ids that stand twice, documents that are not there, drafts that contradict their answers. */
import { isAccepted, normalizeAnswer } from './grade-answer.ts';
import type { AskedOfModels, CoveCase, RetrievalSet } from './suite.ts';

export interface SuiteIssue {
  /** `cove.json`. */
  readonly file: string;
  /** `cases[3].accepted[0]`. */
  readonly field: string;
  readonly expected: string;
  readonly received: string;
}

export function findSuiteIssues({ speed, cove, retrieval }: AskedOfModels): readonly SuiteIssue[] {
  const { documents, queries } = retrieval;
  return [
    ...duplicates(speed, { file: 'speed.json', list: 'prompts' }),
    ...duplicates(cove, { file: 'cove.json', list: 'cases' }),
    ...cove.flatMap(findCaseIssues),
    ...duplicates(documents, { file: 'retrieval.json', list: 'documents' }),
    ...duplicates(queries, { file: 'retrieval.json', list: 'queries' }),
    ...findQueryIssues(retrieval),
  ];
}

function duplicates(
  items: readonly { readonly id: string }[],
  { file, list }: { readonly file: string; readonly list: string },
): readonly SuiteIssue[] {
  const seen = new Map<string, number>();
  return items.flatMap(({ id }, index) => {
    const before = seen.get(id);
    if (before === undefined) {
      seen.set(id, index);
      return [];
    }
    const received = `"${id}" again, as in ${list}[${before}]`;
    return [{ file, field: `${list}[${index}].id`, expected: 'an id of its own', received }];
  });
}

function findCaseIssues({ draft, draftIsRight, accepted }: CoveCase, index: number): readonly SuiteIssue[] {
  const at = { file: 'cove.json', field: `cases[${index}]` };
  const empty = accepted.flatMap((answer, no) =>
    normalizeAnswer(answer) === ''
      ? [
          {
            ...at,
            field: `${at.field}.accepted[${no}]`,
            expected: 'an answer',
            received: 'nothing but spaces',
          },
        ]
      : [],
  );
  if (draftIsRight || !isAccepted(draft, accepted)) return empty;
  const expected = 'true, since the draft is an accepted answer';
  return [...empty, { ...at, field: `${at.field}.draft_is_right`, expected, received: 'false' }];
}

function findQueryIssues({ documents, queries }: RetrievalSet): readonly SuiteIssue[] {
  const known = new Set(documents.map(({ id }) => id));
  return queries.flatMap(({ relevant }, index) => {
    const field = `queries[${index}].relevant`;
    return relevant.flatMap((id, no): readonly SuiteIssue[] => {
      const at = { file: 'retrieval.json', field: `${field}[${no}]` };
      if (!known.has(id)) return [{ ...at, expected: 'the id of a document', received: `"${id}"` }];
      if (relevant.indexOf(id) === no) return [];
      return [{ ...at, expected: 'each document once', received: `"${id}" again` }];
    });
  });
}

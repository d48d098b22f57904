/** Guarantees that a suite is whole before the first question is asked: every field there, every id its own, nothing contradicted. */
import { join } from 'node:path';
import type { z } from 'zod';
import { escapeText, toPlainJson, type JsonValue, type Warning } from '../core/index.ts';
import { readJsonFile, SystemFailure } from '../system/index.ts';
import { DEFAULT_PROMPTS } from './default-prompts.ts';
import { BenchFailure } from './error.ts';
import { MAX_SHOWN_ISSUES, MAX_SUITE_FILE_BYTES } from './limits.ts';
import type { Suite } from './suite.ts';
import { suiteDigest } from './suite-digest.ts';
import { findSuiteIssues, type SuiteIssue } from './suite-issues.ts';
import type { SuitePart } from './suite-schema.ts';
import { toSchemaIssue } from './suite-schema-issue.ts';

export interface LoadedSuite {
  readonly suite: Suite;
  /** `BENCH_DRAFTS_UNBALANCED` where always agreeing, or always objecting, would go too far. */
  readonly warnings: readonly Warning[];
}

export interface LoadSuiteOptions {
  /** What it is called where `suite.json` gives it no name. */
  readonly name?: string;
}

/**
 * Reads `speed.json`, `cove.json`, `retrieval.json` and, where they are there, `prompts.json` and `suite.json` of a folder. Throws
 * `BENCH_SUITE_MISSING`, `BENCH_SUITE_INVALID`, and what reading strict JSON throws.
 */
export async function loadSuite(
  directory: string,
  { name = directory }: LoadSuiteOptions = {},
): Promise<LoadedSuite> {
  const { SUITE_SCHEMAS: schemas } = await import('./suite-schema.ts');
  const issues: SuiteIssue[] = [];
  const check = async <T>(part: SuitePart, schema: z.ZodType<T>, fallback?: JsonValue): Promise<T | null> => {
    const value = (await readPart(directory, part)) ?? fallback;
    if (value === undefined) throw missing(directory, part);
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    issues.push(...parsed.error.issues.map((issue) => toSchemaIssue(issue, { file: `${part}.json`, value })));
    return null;
  };
  const speed = await check('speed', schemas.speed);
  const cove = await check('cove', schemas.cove);
  const retrieval = await check('retrieval', schemas.retrieval);
  const prompts = await check('prompts', schemas.prompts, {});
  const about = await check('suite', schemas.suite, {});
  if (speed === null || cove === null || retrieval === null || prompts === null || about === null) {
    throw invalid(directory, issues);
  }
  const { $schema: _, ...words } = prompts;
  const asked = {
    speed: speed.prompts.map(({ id, category = id, prompt, max_tokens: maxTokens }) => ({
      id,
      category,
      prompt,
      maxTokens,
    })),
    cove: cove.cases.map(({ draft_is_right: draftIsRight, ...one }) => ({ ...one, draftIsRight })),
    retrieval: { documents: retrieval.documents, queries: retrieval.queries },
    prompts: { ...DEFAULT_PROMPTS, ...words },
  };
  const contradictions = findSuiteIssues(asked);
  if (contradictions.length > 0) throw invalid(directory, contradictions);
  const suite: Suite = {
    name: about.name ?? name,
    description: about.description ?? null,
    seenBy: about.seen_by ?? [],
    sha256: suiteDigest(asked),
    ...asked,
  };
  return { suite, warnings: judgeBalance(suite) };
}

/** Undefined where there is no such file. */
async function readPart(directory: string, part: SuitePart): Promise<JsonValue | undefined> {
  try {
    const { tree } = await readJsonFile(join(directory, `${part}.json`), { maxBytes: MAX_SUITE_FILE_BYTES });
    return toPlainJson(tree);
  } catch (error) {
    if (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_MISSING') return undefined;
    throw error;
  }
}

function missing(directory: string, part: SuitePart): BenchFailure {
  const expected = 'speed.json, cove.json and retrieval.json';
  return new BenchFailure(
    'BENCH_SUITE_MISSING',
    `${escapeText(directory)} holds no suite: expected ${expected}, and there is no ${part}.json.`,
    { details: { directory, expected, received: `no ${part}.json` } },
  );
}

function invalid(directory: string, issues: readonly SuiteIssue[]): BenchFailure {
  const [first] = issues;
  if (first === undefined) throw new Error('A suite is refused for at least one field.');
  const others = issues.length - 1;
  const more = others === 0 ? '' : ` ${others} more ${others === 1 ? 'field is' : 'fields are'} wrong.`;
  const lines = issues
    .slice(0, MAX_SHOWN_ISSUES)
    .map(
      ({ file, field, expected, received }) => `${file} ${field}: expected ${expected}, received ${received}`,
    );
  const hidden = issues.length - lines.length;
  return new BenchFailure(
    'BENCH_SUITE_INVALID',
    `${escapeText(join(directory, first.file))} cannot be used: expected ${first.expected} at ${first.field}, received ${first.received}.${more}`,
    {
      details: {
        ...first,
        directory,
        ...(others > 0 && { wrong_fields: hidden > 0 ? [...lines, `and ${hidden} more`] : lines }),
      },
    },
  );
}

/** Whoever always agrees passes the right drafts at best, whoever always objects the wrong ones. */
function judgeBalance({ cove }: Suite): readonly Warning[] {
  const right = cove.filter(({ draftIsRight }) => draftIsRight).length;
  if (Math.max(right, cove.length - right) / cove.length <= MAX_ONE_SIDED) return [];
  const message = `${right} of ${cove.length} drafts of cove.json are right: a model that always says the same could pass more than half. Half of them should be.`;
  return [{ code: 'BENCH_DRAFTS_UNBALANCED', message }];
}

/** What a model that always says the same must stay below. */
const MAX_ONE_SIDED = 0.6;

/** Reads what a model wrote in the steps of Chain-of-Verification: the fields that were asked for, and nothing in between. */
import { MAX_VERIFICATION_QUESTIONS } from './limits.ts';

export type Verdict = 'correct' | 'incorrect';

export interface FinalFields {
  /** Null where the field is missing, empty, or there several times with different contents. */
  readonly finalAnswer: string | null;
  readonly verdict: Verdict | null;
}

/** The numbered lines; where nothing is numbered, the lines that end in a question mark. */
export function parsePlan(text: string): readonly string[] {
  const lines = linesOf(text);
  const numbered = lines.flatMap((line) => /^(?:\d{1,2}[.):]|[-*•])\s*(.*\S)/u.exec(line)?.[1] ?? []);
  const questions = numbered.length > 0 ? numbered : lines.filter((line) => line.endsWith('?'));
  return questions.slice(0, MAX_VERIFICATION_QUESTIONS).map(cut);
}

/** The first line that says something. */
export function parseCheck(text: string): string {
  return cut(linesOf(text)[0] ?? '');
}

/**
 * The two fields, each at the beginning of a line. A field that stands there twice counts where both say the same; a
 * verdict is one word, so that what says both says nothing.
 */
export function parseFinal(text: string): FinalFields {
  const verdict = readField(text, 'verdict')
    ?.toLowerCase()
    .replace(/[.!]+$/u, '');
  return {
    finalAnswer: readField(text, 'final answer'),
    verdict: verdict === undefined ? null : (VERDICTS.get(verdict) ?? null),
  };
}

const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ['right', 'correct'],
  ['correct', 'correct'],
  ['wrong', 'incorrect'],
  ['incorrect', 'incorrect'],
]);

function readField(text: string, label: string): string | null {
  const values = linesOf(text).flatMap((line) => {
    // Markdown of a server's model: **Final answer:** Lima
    const plain = line.replace(/\*\*|__/gu, '');
    return plain.toLowerCase().startsWith(`${label}:`) ? [plain.slice(label.length + 1).trim()] : [];
  });
  const [first = ''] = values;
  return first === '' || values.some((value) => value !== first) ? null : cut(first);
}

/** Trimmed, not empty, and without what a reasoning model thought aloud. */
function linesOf(text: string): readonly string[] {
  return text
    .replace(/<think>[\s\S]*?(?:<\/think>|$)/gu, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** What is longer is no short answer, and stands in the results. */
const MAX_FIELD_LENGTH = 400;

function cut(text: string): string {
  return [...text].slice(0, MAX_FIELD_LENGTH).join('');
}

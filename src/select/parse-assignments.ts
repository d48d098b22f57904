/** Splits `name=value,name=value` into pairs, each known name at most once. Pure. */
import { escapeText } from '../core/index.ts';
import { SelectFailure, type SelectCode } from './error.ts';

export interface AssignmentGrammar<Name extends string> {
  readonly code: Extract<SelectCode, 'SELECT_WEIGHTS_INVALID' | 'SELECT_THRESHOLDS_INVALID'>;
  /** What one value is called in messages: `weight`, `threshold`. */
  readonly noun: string;
  /** Every accepted spelling and the name it stands for; hyphens and underscores are the same. */
  readonly spellings: ReadonlyMap<string, Name>;
  /** What each name is called in messages: the spelling that the help shows. */
  readonly labels: { readonly [Key in Name]: string };
}

/** Throws the grammar's code for an unknown name, a name given twice, and a part that is no `name=value`. */
export function parseAssignments<Name extends string>(
  text: string,
  grammar: AssignmentGrammar<Name>,
): ReadonlyMap<Name, string> {
  const values = new Map<Name, string>();
  for (const part of text.split(',')) {
    const [key = '', value, ...rest] = part.split('=').map((piece) => piece.trim());
    if (value === undefined || value === '' || rest.length > 0) {
      throw invalid(grammar, { expected: `name=value for each ${grammar.noun}`, received: part });
    }
    const name = grammar.spellings.get(key.toLowerCase().replaceAll('-', '_'));
    if (name === undefined) {
      throw invalid(grammar, {
        expected: Object.values(grammar.labels).join(', '),
        received: key,
      });
    }
    if (values.has(name)) {
      const label = grammar.labels[name];
      throw invalid(grammar, { expected: `${label} once`, received: `${label} twice` });
    }
    values.set(name, value);
  }
  return values;
}

/** A decimal number as a person writes it; NaN for anything else (`0x10`, `1_000`, an empty text). */
export function parseDecimal(text: string): number {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function invalid(
  { code, noun }: Pick<AssignmentGrammar<string>, 'code' | 'noun'>,
  { expected, received }: { readonly expected: string; readonly received: string },
): SelectFailure {
  const shown = escapeText(received.trim());
  return new SelectFailure(code, `The ${noun}s cannot be read: expected ${expected}, received "${shown}".`, {
    details: { expected, received: shown },
  });
}

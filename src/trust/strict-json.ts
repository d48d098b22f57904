/**
 * JSON that no two readers can take for different things: no key twice, no `__proto__`, no number that loses digits, bounded
 * in size, values and depth. For whatever is signed, and for what says who may sign.
 */
import {
  CoreFailure,
  JsonNumber,
  parseJsonTree,
  toPlainJson,
  type JsonTree,
  type JsonValue,
} from '../core/index.ts';
import { TrustFailure, type TrustCode } from './error.ts';
import { MAX_ENVELOPE_BYTES, MAX_SIGNATURE_DEPTH, MAX_SIGNATURE_VALUES } from './limits.ts';

export interface StrictJsonOptions {
  /** What is being read, for messages: "the signature". */
  readonly name: string;
  /** For what breaks the grammar. */
  readonly invalid: TrustCode;
  readonly maxBytes?: number;
  readonly maxValues?: number;
  readonly maxDepth?: number;
}

/** Throws `TRUST_JSON_AMBIGUOUS`, `TRUST_ENVELOPE_LIMIT`, or the code for what is no JSON. */
export function parseStrictJson(bytes: Uint8Array, options: StrictJsonOptions): JsonValue {
  const {
    name,
    invalid,
    maxBytes = MAX_ENVELOPE_BYTES,
    maxValues = MAX_SIGNATURE_VALUES,
    maxDepth = MAX_SIGNATURE_DEPTH,
  } = options;
  try {
    const tree = parseJsonTree(bytes, { name, maxBytes, maxValues, maxDepth });
    assertOneReading(tree, name);
    return toPlainJson(tree);
  } catch (cause) {
    if (!(cause instanceof CoreFailure)) throw cause;
    const { message, details } = cause;
    throw new TrustFailure(codeFor(cause, invalid), message, { details, cause });
  }
}

function codeFor({ code }: CoreFailure, invalid: TrustCode): TrustCode {
  if (code === 'CORE_JSON_DUPLICATE_KEY') return 'TRUST_JSON_AMBIGUOUS';
  return code === 'CORE_JSON_LIMIT' ? 'TRUST_ENVELOPE_LIMIT' : invalid;
}

function assertOneReading(tree: JsonTree, name: string): void {
  if (tree instanceof JsonNumber) assertNumber(tree.value, { name, lexeme: tree.lexeme });
  else if (typeof tree === 'number') assertNumber(tree, { name, lexeme: String(tree) });
  else if (Array.isArray(tree)) for (const item of tree) assertOneReading(item, name);
  else if (tree instanceof Map) {
    for (const [key, item] of tree) {
      if (key === '__proto__') throw ambiguous(name, 'no key __proto__', '__proto__');
      assertOneReading(item, name);
    }
  }
}

/** RFC 8259 §6: beyond 2^53 two readers may see two numbers. */
function assertNumber(
  value: number,
  { name, lexeme }: { readonly name: string; readonly lexeme: string },
): void {
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return;
  throw ambiguous(name, 'numbers up to 2^53 - 1', lexeme.slice(0, 40));
}

function ambiguous(name: string, expected: string, received: string): TrustFailure {
  return new TrustFailure('TRUST_JSON_AMBIGUOUS', `${name} can be read in two ways.`, {
    details: { expected, received },
  });
}

/**
 * The steps of a Python pickle, protocols 0 to 5: what follows each opcode, and what it does to the stack. Source: CPython,
 * Lib/pickletools.py, the table `opcodes`.
 */

/** What follows an opcode: bytes of a fixed number, a length and so many bytes, or lines that end in a newline. */
export type PickleArgument =
  | { readonly kind: 'fixed'; readonly sizeBytes: number }
  | { readonly kind: 'counted'; readonly lengthBytes: 1 | 4 | 8 }
  | { readonly kind: 'lines'; readonly patterns: readonly RegExp[] };

export type PickleEffect =
  | { readonly kind: 'push'; readonly what: 'text' | 'items' | 'reference' | 'other' }
  | { readonly kind: 'pop'; readonly count: number; readonly push: 'items' | 'other' | null }
  /** Everything down to the newest mark. */
  | { readonly kind: 'pop-mark'; readonly push: 'items' | 'other' | null }
  /** Changes what lies `below` the top, with the items above it or above the mark. */
  | { readonly kind: 'append'; readonly count: number | 'mark' }
  | { readonly kind: 'mark' | 'duplicate' | 'none' | 'stop' | 'memo-get' | 'global-from-stack' }
  /** Calls what a module gave; `items` is whatever can be spread into arguments. */
  | { readonly kind: 'call'; readonly needs: 'items' | 'two' | 'three' | 'mark' };

export interface PickleStep {
  readonly argument: PickleArgument | null;
  readonly effect: PickleEffect;
}

const fixed = (sizeBytes: number): PickleArgument => ({ kind: 'fixed', sizeBytes });
const counted = (lengthBytes: 1 | 4 | 8): PickleArgument => ({ kind: 'counted', lengthBytes });
const lines = (...patterns: RegExp[]): PickleArgument => ({ kind: 'lines', patterns });
const push = (what: 'text' | 'items' | 'reference' | 'other'): PickleEffect => ({ kind: 'push', what });
const step = (argument: PickleArgument | null, effect: PickleEffect): PickleStep => ({ argument, effect });

const ANYTHING = /^/;
const DECIMAL = /^[0-9]{1,18}$/;
const INTEGER = /^\s*[+-]?[0-9][0-9a-fA-FxobXOB_]{0,4000}L?\s*$/;
const FLOAT = /^\s*[+-]?(?:[0-9._]+(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)\s*$/i;
const QUOTED = /^\s*(?:'.*'|".*")\s*$/s;
const MODULE = /^[\p{L}_][\p{L}\p{N}_.]{0,250}$/u;

const NONE: PickleEffect = { kind: 'none' };

/** By the opcode's byte. */
export const PICKLE_STEPS: ReadonlyMap<number, PickleStep> = new Map([
  ...letters({
    '(': step(null, { kind: 'mark' }),
    '.': step(null, { kind: 'stop' }),
    '0': step(null, { kind: 'pop', count: 1, push: null }),
    '1': step(null, { kind: 'pop-mark', push: null }),
    '2': step(null, { kind: 'duplicate' }),
    F: step(lines(FLOAT), push('other')),
    I: step(lines(INTEGER), push('other')),
    J: step(fixed(4), push('other')),
    K: step(fixed(1), push('other')),
    L: step(lines(INTEGER), push('other')),
    M: step(fixed(2), push('other')),
    N: step(null, push('other')),
    P: step(lines(ANYTHING), push('reference')),
    Q: step(null, { kind: 'pop', count: 1, push: 'other' }),
    R: step(null, { kind: 'call', needs: 'items' }),
    S: step(lines(QUOTED), push('text')),
    T: step(counted(4), push('text')),
    U: step(counted(1), push('text')),
    V: step(lines(ANYTHING), push('text')),
    X: step(counted(4), push('text')),
    a: step(null, { kind: 'append', count: 1 }),
    b: step(null, { kind: 'call', needs: 'two' }),
    c: step(lines(MODULE, MODULE), push('reference')),
    d: step(null, { kind: 'pop-mark', push: 'items' }),
    '}': step(null, push('items')),
    e: step(null, { kind: 'append', count: 'mark' }),
    g: step(lines(DECIMAL), { kind: 'memo-get' }),
    h: step(fixed(1), { kind: 'memo-get' }),
    i: step(lines(MODULE, MODULE), { kind: 'call', needs: 'mark' }),
    j: step(fixed(4), { kind: 'memo-get' }),
    l: step(null, { kind: 'pop-mark', push: 'items' }),
    ']': step(null, push('items')),
    o: step(null, { kind: 'call', needs: 'mark' }),
    p: step(lines(DECIMAL), NONE),
    q: step(fixed(1), NONE),
    r: step(fixed(4), NONE),
    s: step(null, { kind: 'append', count: 2 }),
    t: step(null, { kind: 'pop-mark', push: 'items' }),
    ')': step(null, push('items')),
    u: step(null, { kind: 'append', count: 'mark' }),
    G: step(fixed(8), push('other')),
    B: step(counted(4), push('other')),
    C: step(counted(1), push('other')),
  }),
  [0x80, step(fixed(1), NONE)],
  [0x81, step(null, { kind: 'call', needs: 'two' })],
  [0x82, step(fixed(1), push('reference'))],
  [0x83, step(fixed(2), push('reference'))],
  [0x84, step(fixed(4), push('reference'))],
  [0x85, step(null, { kind: 'pop', count: 1, push: 'items' })],
  [0x86, step(null, { kind: 'pop', count: 2, push: 'items' })],
  [0x87, step(null, { kind: 'pop', count: 3, push: 'items' })],
  [0x88, step(null, push('other'))],
  [0x89, step(null, push('other'))],
  [0x8a, step(counted(1), push('other'))],
  [0x8b, step(counted(4), push('other'))],
  [0x8c, step(counted(1), push('text'))],
  [0x8d, step(counted(8), push('text'))],
  [0x8e, step(counted(8), push('other'))],
  [0x8f, step(null, push('other'))],
  [0x90, step(null, { kind: 'append', count: 'mark' })],
  [0x91, step(null, { kind: 'pop-mark', push: 'other' })],
  [0x92, step(null, { kind: 'call', needs: 'three' })],
  [0x93, step(null, { kind: 'global-from-stack' })],
  [0x94, step(null, NONE)],
  [0x95, step(fixed(8), NONE)],
  [0x96, step(counted(8), push('other'))],
  [0x97, step(null, push('other'))],
  [0x98, step(null, NONE)],
]);

function letters(steps: Readonly<Record<string, PickleStep>>): [number, PickleStep][] {
  return Object.entries(steps).map(([letter, value]) => [letter.charCodeAt(0), value]);
}

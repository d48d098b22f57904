/**
 * Walks JSON (RFC 8259) as strictly as the parser of `core`, without building it: a tokenizer of 33 MB costs its bytes and
 * the keys of the objects that are open. Duplicate keys, depth and the number of keys are judged on the way. Pure.
 */
import { escapeText, MAX_JSON_DEPTH } from '../core/index.ts';
import { MAX_SCANNED_KEY_CHARACTERS, MAX_SCANNED_KEYS } from './limits.ts';

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'literal';

/** A key with its value, as the walk comes by. */
export interface JsonMember {
  readonly key: string;
  /** The key that the object itself stands under; null at the top and in lists. */
  readonly parentKey: string | null;
  /** 1 for a member of the outermost object. */
  readonly depth: number;
  readonly kind: JsonKind;
  /** `{}`, `[]` or `""`. */
  readonly isEmpty: boolean;
  /** The value of a short text; null for everything else. */
  readonly text: string | null;
}

export interface ScanJsonOptions {
  readonly maxDepth?: number;
  readonly maxKeys?: number;
  readonly onMember?: (member: JsonMember) => void;
}

export type JsonScan =
  | { readonly ok: true; readonly kind: JsonKind }
  | { readonly ok: false; readonly offset: number; readonly line: number; readonly what: string };

/** Of bytes that are known to be UTF-8. */
export function scanJson(bytes: Uint8Array, options: ScanJsonOptions = {}): JsonScan {
  const scanner = new Scanner(bytes, options);
  try {
    return { ok: true, kind: scanner.document() };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const { offset, what } = error;
    return { ok: false, offset, line: countLines(bytes, offset), what };
  }
}

/** The end of a walk; never seen outside this file. */
class Stop extends Error {
  readonly offset: number;
  readonly what: string;
  constructor(offset: number, what: string) {
    super(what);
    this.offset = offset;
    this.what = what;
  }
}

interface Frame {
  /** Null for a list. */
  readonly keys: Set<string> | null;
  readonly key: string | null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MAX_TEXT_VALUE_BYTES = 64;
const LITERALS = ['true', 'false', 'null'];
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const SHORT_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

class Scanner {
  readonly #bytes: Buffer;
  readonly #options: ScanJsonOptions;
  readonly #maxDepth: number;
  readonly #frames: Frame[] = [];
  #keysLeft: number;
  #charactersLeft = MAX_SCANNED_KEY_CHARACTERS;
  #at = 0;

  constructor(bytes: Uint8Array, options: ScanJsonOptions) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#options = options;
    this.#maxDepth = options.maxDepth ?? MAX_JSON_DEPTH;
    this.#keysLeft = options.maxKeys ?? MAX_SCANNED_KEYS;
  }

  document(): JsonKind {
    const kind = this.#value(null);
    while (this.#frames.length > 0) this.#continueFrame();
    this.#space();
    if (this.#at < this.#bytes.length) this.#stop('expected the end of the text');
    return kind;
  }

  /** After a value, inside the innermost frame: its end, or a comma and the next value. */
  #continueFrame(): void {
    const frame = this.#frames.at(-1);
    this.#space();
    const byte = this.#bytes[this.#at];
    const closing = frame?.keys ? 0x7d : 0x5d;
    if (byte === closing) {
      this.#at += 1;
      this.#frames.pop();
      return;
    }
    if (byte !== 0x2c) this.#stop(`expected "," or "${String.fromCharCode(closing)}"`);
    this.#at += 1;
    this.#item(frame);
  }

  #item(frame: Frame | undefined): void {
    this.#value(frame?.keys ? this.#key(frame.keys) : null);
  }

  #key(keys: Set<string>): string {
    this.#space();
    const start = this.#at;
    if (this.#bytes[start] !== QUOTE) this.#stop('expected a key in double quotes');
    const key = this.#string();
    this.#keysLeft -= 1;
    this.#charactersLeft -= key.length;
    if (this.#keysLeft < 0 || this.#charactersLeft < 0)
      this.#stop('found more keys than any file of a model has', start);
    if (keys.has(key)) {
      this.#stop(`the key "${escapeText(key, 80)}" stands twice in one object`, start);
    }
    keys.add(key);
    this.#space();
    if (this.#bytes[this.#at] !== 0x3a) this.#stop('expected ":" after a key');
    this.#at += 1;
    return key;
  }

  /** Consumes a whole value, or the opening of a container with its first item. */
  #value(key: string | null): JsonKind {
    this.#space();
    const byte = this.#bytes[this.#at];
    switch (byte) {
      case 0x7b:
        return this.#open(key, 'object', 0x7d);
      case 0x5b:
        return this.#open(key, 'array', 0x5d);
      case QUOTE: {
        const start = this.#at;
        this.#skipString();
        const isShort = key !== null && this.#at - start <= MAX_TEXT_VALUE_BYTES;
        this.#tell(key, 'string', this.#at - start === 2, isShort ? this.#decode(start, this.#at) : null);
        return 'string';
      }
      case 0x74:
      case 0x66:
      case 0x6e:
        this.#literal();
        this.#tell(key, 'literal', false, null);
        return 'literal';
      default:
        this.#number();
        this.#tell(key, 'number', false, null);
        return 'number';
    }
  }

  #open(key: string | null, kind: 'object' | 'array', closing: number): JsonKind {
    if (this.#frames.length >= this.#maxDepth) {
      this.#stop(`expected at most ${this.#maxDepth} levels of nesting, found more`);
    }
    this.#at += 1;
    this.#space();
    const isEmpty = this.#bytes[this.#at] === closing;
    this.#tell(key, kind, isEmpty, null);
    if (isEmpty) {
      this.#at += 1;
      return kind;
    }
    const frame = { keys: kind === 'object' ? new Set<string>() : null, key };
    this.#frames.push(frame);
    this.#item(frame);
    return kind;
  }

  #tell(key: string | null, kind: JsonKind, isEmpty: boolean, text: string | null): void {
    if (key === null || this.#options.onMember === undefined) return;
    const depth = this.#frames.length;
    const parentKey = this.#frames[depth - 1]?.key ?? null;
    this.#options.onMember({ key, parentKey, depth, kind, isEmpty, text });
  }

  #string(): string {
    const start = this.#at;
    this.#skipString();
    return this.#decode(start, this.#at);
  }

  #skipString(): void {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        const length = escapeLength(bytes, at + 1);
        if (length === 0) this.#stop('expected an escape such as \\n or \\u00e9', at);
        at += 1 + length;
      } else {
        // RFC 8259 §7: control characters must be escaped.
        if (byte === undefined || byte < 0x20) this.#stop('expected the end of a string (")', at);
        at += 1;
      }
    }
    this.#at = at + 1;
  }

  /** Every escape in it was just found to be one that JSON knows. */
  #decode(start: number, end: number): string {
    const inner = this.#bytes.toString('utf8', start + 1, end - 1);
    return inner.includes('\\') ? (JSON.parse(`"${inner}"`) as string) : inner;
  }

  #literal(): void {
    const word = LITERALS.find(
      (word) => this.#bytes.toString('latin1', this.#at, this.#at + word.length) === word,
    );
    if (word === undefined) this.#stop('expected a value');
    this.#at += word.length;
  }

  #number(): void {
    const start = this.#at;
    let end = start;
    while (isNumberByte(this.#bytes[end])) end += 1;
    const lexeme = this.#bytes.toString('latin1', start, end);
    if (!NUMBER.test(lexeme)) {
      this.#stop(
        start === this.#bytes.length ? 'the text ends where a value is expected' : 'expected a value',
      );
    }
    if (!Number.isFinite(Number(lexeme)))
      this.#stop('expected a number, received one too large for any reader');
    this.#at = end;
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }

  #stop(what: string, offset = this.#at): never {
    throw new Stop(offset, what);
  }
}

/** Of what follows a backslash; 0 where JSON knows no such escape. Byte by byte: a text may consist of them. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (SHORT_ESCAPES.has(first)) return 1;
  if (first !== 0x75) return 0;
  for (let index = at + 1; index <= at + 4; index += 1) {
    const byte = bytes[index] ?? 0;
    const isHex = (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
    if (!isHex) return 0;
  }
  return 5;
}

function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  );
}

function countLines(bytes: Uint8Array, end: number): number {
  let lines = 1;
  for (let at = 0; at < end; at += 1) if (bytes[at] === 0x0a) lines += 1;
  return lines;
}

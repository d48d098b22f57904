/**
 * Strict JSON (RFC 8259) from untrusted text: no duplicate keys, no NaN, bounded depth and size, every error with its
 * line and column. Reads into a lossless tree.
 */
import { CoreFailure, type CoreCode } from './error.ts';
import { JsonNumber, toPlainJson, type JsonTree, type JsonTreeObject, type JsonValue } from './json.ts';
import { MAX_JSON_BYTES, MAX_JSON_DEPTH, MAX_JSON_VALUES } from './limits.ts';
import { escapeText } from './units.ts';

export interface ParseJsonOptions {
  /** What is being read, for messages: usually a path. */
  readonly name?: string;
  readonly maxBytes?: number;
  readonly maxDepth?: number;
  readonly maxValues?: number;
}

/**
 * Parses text or UTF-8 bytes. Throws `CORE_JSON_INVALID`, `CORE_JSON_NOT_FINITE`, `CORE_JSON_DUPLICATE_KEY`,
 * `CORE_JSON_LIMIT`, `CORE_TEXT_NOT_UTF8`.
 */
export function parseJsonTree(input: string | Uint8Array, options: ParseJsonOptions = {}): JsonTree {
  const {
    name = 'the JSON text',
    maxBytes = MAX_JSON_BYTES,
    maxDepth = MAX_JSON_DEPTH,
    maxValues = MAX_JSON_VALUES,
  } = options;
  if (input.length > maxBytes) {
    throw new CoreFailure('CORE_JSON_LIMIT', `${name} is larger than a file of its kind can be.`, {
      details: { expected: `at most ${maxBytes} bytes`, received: `${input.length} bytes` },
    });
  }
  const text = typeof input === 'string' ? input : decodeUtf8(input, name);
  return new Parser(text, { name, maxDepth, maxValues }).document();
}

/** Like {@link parseJsonTree}, as plain values. */
export function parseJson(input: string | Uint8Array, options?: ParseJsonOptions): JsonValue {
  return toPlainJson(parseJsonTree(input, options));
}

/** Decodes UTF-8 and refuses what is not. Throws `CORE_TEXT_NOT_UTF8`. */
export function decodeUtf8(bytes: Uint8Array, name = 'the text'): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CoreFailure('CORE_TEXT_NOT_UTF8', `${name} is not UTF-8 text.`, { cause });
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const NOT_FINITE = /-?(?:NaN|Infinity)/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT_ESCAPES: ReadonlySet<number> = new Set(Array.from('"\\/bfnrt', (letter) => letter.charCodeAt(0)));

class Parser {
  readonly #text: string;
  readonly #name: string;
  readonly #maxDepth: number;
  readonly #maxValues: number;
  #at = 0;
  #valuesLeft: number;

  constructor(text: string, { name, maxDepth, maxValues }: Required<Omit<ParseJsonOptions, 'maxBytes'>>) {
    this.#text = text;
    this.#name = name;
    this.#maxDepth = maxDepth;
    this.#maxValues = maxValues;
    this.#valuesLeft = maxValues;
  }

  document(): JsonTree {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) this.#fail('CORE_JSON_INVALID', 'expected the end of the text');
    return value;
  }

  #value(depth: number): JsonTree {
    this.#space();
    const start = this.#text[this.#at];
    this.#valuesLeft -= 1;
    if (this.#valuesLeft < 0) {
      this.#fail('CORE_JSON_LIMIT', `expected at most ${this.#maxValues} values, found more`);
    }
    if (depth >= this.#maxDepth && (start === '{' || start === '[')) {
      this.#fail('CORE_JSON_LIMIT', `expected at most ${this.#maxDepth} levels of nesting, found more`);
    }
    switch (start) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonTreeObject {
    const object: JsonTreeObject = new Map();
    this.#at += 1;
    this.#space();
    if (this.#take('}')) return object;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('CORE_JSON_INVALID', 'expected a key in double quotes');
      const keyAt = this.#at;
      const key = this.#string();
      if (object.has(key)) {
        this.#at = keyAt;
        this.#fail('CORE_JSON_DUPLICATE_KEY', `the key "${escapeText(key, 80)}" stands twice in one object`);
      }
      this.#space();
      if (!this.#take(':')) this.#fail('CORE_JSON_INVALID', 'expected ":" after a key');
      object.set(key, this.#value(depth + 1));
      this.#space();
      if (this.#take('}')) return object;
      if (!this.#take(',')) this.#fail('CORE_JSON_INVALID', 'expected "," or "}"');
    }
  }

  #array(depth: number): JsonTree[] {
    const items: JsonTree[] = [];
    this.#at += 1;
    this.#space();
    if (this.#take(']')) return items;
    for (;;) {
      items.push(this.#value(depth + 1));
      this.#space();
      if (this.#take(']')) return items;
      if (!this.#take(',')) this.#fail('CORE_JSON_INVALID', 'expected "," or "]"');
    }
  }

  /** Finds the closing quote first and decodes the whole at once: piece by piece, escapes would cost time and memory each. */
  #string(): string {
    const start = this.#at;
    const text = this.#text;
    let hasEscapes = false;
    let at = start + 1;
    for (; ; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        hasEscapes = true;
        at += this.#escapeLength(at) - 1;
        // Control characters must be escaped (RFC 8259 §7); NaN is the end of the text.
      } else if (!(code >= 0x20)) {
        this.#at = at;
        this.#fail('CORE_JSON_INVALID', 'expected the end of a string (")');
      }
    }
    this.#at = at + 1;
    const whole = text.slice(start, this.#at);
    // Every escape in it was just found to be one that JSON knows.
    return hasEscapes ? (JSON.parse(whole) as string) : whole.slice(1, -1);
  }

  #escapeLength(at: number): number {
    if (SHORT_ESCAPES.has(this.#text.charCodeAt(at + 1))) return 2;
    this.#at = at;
    const escape = this.#peek(ESCAPE);
    if (escape === null) this.#fail('CORE_JSON_INVALID', 'expected an escape such as \\n or \\u00e9');
    return escape.length;
  }

  #number(): number | JsonNumber {
    const notFinite = this.#peek(NOT_FINITE);
    if (notFinite !== null) {
      this.#fail(
        'CORE_JSON_NOT_FINITE',
        `expected a number, received ${notFinite}, which JSON does not know`,
      );
    }
    const at = this.#at;
    const lexeme = this.#match(NUMBER);
    if (lexeme === null || lexeme === '') {
      const found = this.#text[this.#at];
      this.#fail(
        'CORE_JSON_INVALID',
        found === undefined
          ? 'the text ends where a value is expected'
          : `expected a value, found "${escapeText(found)}"`,
      );
    }
    const value = Number(lexeme);
    if (!Number.isFinite(value)) {
      this.#at = at;
      this.#fail('CORE_JSON_NOT_FINITE', 'expected a number, received one too large for any reader');
    }
    return String(value) === lexeme ? value : new JsonNumber(lexeme);
  }

  #literal<T extends JsonTree>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('CORE_JSON_INVALID', `expected ${word}`);
    this.#at += word.length;
    return value;
  }

  /** RFC 8259 §2: blank, tab, line feed, carriage return. By code and not by pattern: every token asks for it. */
  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x09 && code !== 0x0d) return;
      this.#at += 1;
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #peek(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? null;
  }

  #match(pattern: RegExp): string | null {
    const found = this.#peek(pattern);
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(code: CoreCode, what: string): never {
    const text = this.#text;
    let line = 1;
    let lineStart = 0;
    // Not by splitting: a text of newlines would become as many strings.
    for (let at = text.indexOf('\n'); at !== -1 && at < this.#at; at = text.indexOf('\n', at + 1)) {
      line += 1;
      lineStart = at + 1;
    }
    const column = this.#at - lineStart + 1;
    throw new CoreFailure(
      code,
      `${this.#name} is not valid JSON at line ${line}, column ${column}: ${what}.`,
      {
        details: { file: this.#name, line, column },
      },
    );
  }
}

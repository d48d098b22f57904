/**
 * Splits one tag into tokens, as Jinja's lexer does: a closing delimiter inside a string or inside open brackets does not
 * close the tag. Never fails: what is no token becomes an operator of one character, and a text that does not end takes
 * the rest.
 */

export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'operator';
  /** Of a text: its value, escapes decoded. */
  readonly value: string;
  readonly offset: number;
  /** Of a text: an escape stands for a plain letter, digit or underscore, as nobody writes them. */
  readonly isDisguised: boolean;
}

export interface TagTokens {
  readonly tokens: readonly Token[];
  /** Behind the closing delimiter, or the end of the text. */
  readonly end: number;
  readonly isClosed: boolean;
  /** `-%}` and `-}}` take the blanks behind them away. */
  readonly trimsAfter: boolean;
}

const BLANK = /\s+/y;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{M}\p{N}_]*/uy;
const NUMBER = /\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?|0[xX][\da-fA-F_]+/y;
const OPERATOR = /==|!=|<=|>=|\/\/|\*\*|[^]/uy;

/** `close` is `}}` or `%}`; `start` is behind the opening delimiter. */
export function tokenizeTag(source: string, start: number, close: '}}' | '%}'): TagTokens {
  const tokens: Token[] = [];
  let depth = 0;
  let at = start;
  while (at < source.length) {
    const blank = match(BLANK, source, at);
    at += blank.length;
    if (depth === 0) {
      const trims = source[at] === '-' || source[at] === '+';
      const from = trims ? at + 1 : at;
      if (source.startsWith(close, from)) {
        return { tokens, end: from + 2, isClosed: true, trimsAfter: source[at] === '-' };
      }
    }
    if (at >= source.length) break;
    const { token, end } = readToken(source, at);
    tokens.push(token);
    if (token.kind === 'operator') {
      if ('([{'.includes(token.value)) depth += 1;
      if (')]}'.includes(token.value)) depth = Math.max(0, depth - 1);
    }
    at = end;
  }
  return { tokens, end: source.length, isClosed: false, trimsAfter: false };
}

function readToken(source: string, offset: number): { readonly token: Token; readonly end: number } {
  const quote = source.charAt(offset);
  if (quote === "'" || quote === '"') {
    const end = endOfText(source, offset, quote);
    const { value, isDisguised } = decodeText(source.slice(offset + 1, end));
    return { token: { kind: 'text', value, offset, isDisguised }, end: Math.min(end + 1, source.length) };
  }
  for (const [kind, pattern] of [
    ['number', NUMBER],
    ['name', NAME],
    ['operator', OPERATOR],
  ] as const) {
    const value = match(pattern, source, offset);
    if (value === '') continue;
    return { token: { kind, value, offset, isDisguised: false }, end: offset + value.length };
  }
  // A lone half of a surrogate pair matches no pattern with the flag u.
  return {
    token: { kind: 'operator', value: source.charAt(offset), offset, isDisguised: false },
    end: offset + 1,
  };
}

/** Where the closing quote stands, or the end of the source. */
function endOfText(source: string, offset: number, quote: string): number {
  for (let at = offset + 1; at < source.length; at += 1) {
    const character = source[at];
    if (character === quote) return at;
    if (character === '\\') at += 1;
  }
  return source.length;
}

function match(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? '';
}

const ESCAPE =
  /\\(?:x([\da-fA-F]{2})|u\{?([\da-fA-F]{4,6})\}?|U([\da-fA-F]{8})|([0-7]{1,3})|N\{([^}]{0,80})\}|([^]))/g;

const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  v: '\v',
  b: '\b',
  a: '\x07',
};

/** Python's escapes, and those of JavaScript readers. */
function decodeText(raw: string): { readonly value: string; readonly isDisguised: boolean } {
  if (!raw.includes('\\')) return { value: raw, isDisguised: false };
  let isDisguised = false;
  const value = raw.replace(
    ESCAPE,
    (_, hex?: string, short?: string, long?: string, octal?: string, name?: string, one?: string) => {
      if (one !== undefined) return SIMPLE[one] ?? one;
      const point =
        octal === undefined ? Number.parseInt(hex ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8);
      const character =
        name !== undefined
          ? namedCharacter(name)
          : point <= 0x10ffff
            ? String.fromCodePoint(point)
            : '\ufffd';
      if (/\w/.test(character)) isDisguised = true;
      return character;
    },
  );
  return { value, isDisguised };
}

/** Only those that would disguise something matter; any other name stands for a character that is none of them. */
function namedCharacter(name: string): string {
  const upper = name.toUpperCase();
  if (upper === 'LOW LINE') return '_';
  const letter = /^LATIN (SMALL|CAPITAL) LETTER ([A-Z])$/.exec(upper);
  if (letter === null) return '\ufffd';
  const [, size, character = ''] = letter;
  return size === 'SMALL' ? character.toLowerCase() : character;
}

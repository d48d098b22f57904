/** What both tokenizers of a model are asked to cut: the hard strings, its special tokens inside text, and texts of its own tokens. Pure. */
import { isJsonObject, type JsonObject } from '../core/index.ts';
import { byteLetters } from './byte-letters.ts';
import { HARD_STRINGS } from './hard-strings.ts';
import { MAX_CHECKED_SPECIAL_TOKENS, MAX_CHECKED_TOKEN_LENGTH, MAX_CHECKED_TOKENS } from './limits.ts';

export interface CheckStrings {
  /** Cut so that the text of a special token becomes that token. */
  readonly withSpecial: readonly string[];
  /** Cut so that it stays text. */
  readonly asText: readonly string[];
}

export function checkStrings(tokenizer: JsonObject): CheckStrings {
  const added = readAdded(tokenizer);
  const special = added.filter(({ isSpecial }) => isSpecial);
  const others = added.filter(({ isSpecial }) => !isSpecial);
  const own = tokenTexts(tokenizer);
  const asText = [
    ...HARD_STRINGS,
    ...own,
    ...spread(special, MAX_CHECKED_SPECIAL_TOKENS).map(({ text }) => around(text)),
  ];
  return {
    withSpecial: [
      ...HARD_STRINGS,
      ...own,
      ...spread(added, MAX_CHECKED_SPECIAL_TOKENS).map(({ text }) => around(text)),
    ],
    // llama.cpp reads some tokens that are not marked as special as if they were, by their looks.
    asText:
      others.length > MAX_TEXT_LIKE_TOKENS
        ? []
        : asText.filter((text) => !others.some((token) => text.includes(token.text))),
  };
}

interface AddedText {
  readonly text: string;
  readonly isSpecial: boolean;
}

function readAdded(tokenizer: JsonObject): readonly AddedText[] {
  const added = tokenizer['added_tokens'];
  if (!Array.isArray(added)) return [];
  return added.flatMap((token) => {
    const text = isJsonObject(token) ? token['content'] : undefined;
    if (!isJsonObject(token) || typeof text !== 'string' || text === '') return [];
    if (text.length > MAX_CHECKED_TOKEN_LENGTH) return [];
    return [{ text, isSpecial: token['special'] === true }];
  });
}

/** Each is looked for in every text. */
const MAX_TEXT_LIKE_TOKENS = 2000;

function around(token: string): string {
  return `a${token}b ${token} c${token}${token}\nd ${token}`;
}

/** Of tokens that are whole characters; each after a letter too, since the first of a text may be cut in a way of its own. */
function tokenTexts(tokenizer: JsonObject): readonly string[] {
  const model = tokenizer['model'];
  const vocabulary = isJsonObject(model) ? model['vocab'] : undefined;
  if (!isJsonObject(vocabulary)) return [];
  const isByteLevel = isJsonObject(model) && model['byte_fallback'] !== true;
  const toText = isByteLevel ? byteLevelText() : (token: string) => token.replaceAll('▁', ' ');
  return spread(Object.keys(vocabulary), MAX_CHECKED_TOKENS).flatMap((token) => {
    const text = token.length <= MAX_CHECKED_TOKEN_LENGTH ? toText(token) : null;
    // See hard-strings.ts.
    return text === null || /[\ufeff\u0085]/.test(text) ? [] : [`${text}x${text}`];
  });
}

function byteLevelText(): (token: string) => string | null {
  const bytes = new Map(byteLetters().map((letter, byte) => [letter, byte]));
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (token) => {
    const found = Array.from(token, (letter) => bytes.get(letter));
    if (found.includes(undefined)) return null;
    try {
      return decoder.decode(Uint8Array.from(found, (byte) => byte ?? 0));
    } catch {
      return null;
    }
  };
}

/** At most so many, evenly over all of them. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from(
    { length: count },
    (_, index) => items[Math.floor((index * items.length) / count)],
  ).filter((item) => item !== undefined);
}

/**
 * Small tokenizers that are trained on the very texts that they are tried with, over whole texts: their tokens reach across
 * every place where a pre-tokenizer may cut, so that one cut elsewhere gives another token.
 */
import { byteLetters } from '../../src/quantize/byte-letters.ts';
import { HARD_STRINGS } from '../../src/quantize/hard-strings.ts';

export type Json = Record<string, unknown>;

const WORDS = (digits: string): string =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const byteLevel = (useRegex: boolean): Json => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

const sequence = (...pretokenizers: Json[]): Json => ({ type: 'Sequence', pretokenizers });

const split = (regex: string): Json =>
  sequence(
    { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  );

/** As the published files of these families have them. */
export const PRE_TOKENIZERS: Readonly<
  Record<string, { readonly definition: Json; readonly ignoresMerges: boolean }>
> = {
  'gpt-2': { definition: byteLevel(true), ignoresMerges: false },
  'llama-bpe': { definition: split(WORDS(String.raw`\p{N}{1,3}`)), ignoresMerges: true },
  'smaug-bpe': { definition: split(WORDS(String.raw`\p{N}{1,3}`)), ignoresMerges: false },
  qwen2: { definition: split(WORDS(String.raw`\p{N}`)), ignoresMerges: false },
  smollm: {
    definition: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)),
    ignoresMerges: false,
  },
};

/** tokenizer.json of a byte-level BPE with three added tokens behind the others. */
export function byteLevelTokenizer(preTokenizer: Json, changes: Json = {}): Json {
  const letters = byteLetters();
  const encoder = new TextEncoder();
  const { tokens, merges } = train(
    letters,
    HARD_STRINGS.map((text) => Array.from(encoder.encode(text), (byte) => letters[byte] ?? '')),
    800,
  );
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(tokens.length, ['<|begin|>', '<|im_start|>', '<|im_end|>']),
    normalizer: null,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: byteLevel(true),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      // Some tokens cannot be reached by merging: whoever takes whole words as they are finds them all the same.
      merges: merges.filter((_, index) => index % 7 !== 3),
      ...changes,
    },
  };
}

export function addedTokens(first: number, texts: readonly string[]): Json[] {
  return texts.map((content, index) => ({
    id: first + index,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
}

/** Byte-pair encoding (Sennrich et al. 2016): the most frequent pair of neighbours becomes one, again and again. */
export function train(
  alphabet: readonly string[],
  corpus: readonly (readonly string[])[],
  count: number,
): { readonly tokens: readonly string[]; readonly merges: readonly [string, string][] } {
  const merges: [string, string][] = [];
  // Numbers stand for tokens: pairs of strings as keys made this the most expensive line of all tests.
  const names = [...new Set([...alphabet, ...corpus.flat()])];
  const unlisted = new Set(names.slice(alphabet.length));
  const ids = new Map(names.map((token, id) => [token, id]));
  const apart = names.length + count;
  const nameOf = (id: number): string => names[id] ?? '';
  let texts: readonly Int32Array[] = corpus.map((text) =>
    Int32Array.from(text, (token) => ids.get(token) ?? 0),
  );
  while (merges.length < count) {
    const best = mostFrequent(texts, apart);
    if (best === null) break;
    const whole = nameOf(best[0]) + nameOf(best[1]);
    merges.push([nameOf(best[0]), nameOf(best[1])]);
    const id = ids.get(whole) ?? names.push(whole) - 1;
    ids.set(whole, id);
    texts = texts.map((text) => merged(text, best, id));
  }
  const tokens = names.filter((token) => !unlisted.has(token));
  return { tokens, merges };
}

/** Of several that are as frequent the one that comes first; null where none comes twice. */
function mostFrequent(texts: readonly Int32Array[], apart: number): readonly [number, number] | null {
  const counts = new Map<number, number>();
  for (const text of texts) {
    for (let at = 1; at < text.length; at += 1) {
      const pair = (text[at - 1] ?? 0) * apart + (text[at] ?? 0);
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
  }
  let best = -1;
  let most = 1;
  for (const [pair, times] of counts) {
    if (times > most) [best, most] = [pair, times];
  }
  return best === -1 ? null : [Math.floor(best / apart), best % apart];
}

function merged(text: Int32Array, [left, right]: readonly [number, number], whole: number): Int32Array {
  const parts = new Int32Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const isPair = text[at] === left && text[at + 1] === right;
    parts[length] = isPair ? whole : (text[at] ?? 0);
    length += 1;
    if (isPair) at += 1;
  }
  return parts.subarray(0, length);
}

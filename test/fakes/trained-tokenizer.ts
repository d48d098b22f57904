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
  const tokens = [...alphabet];
  const known = new Set(tokens);
  const merges: [string, string][] = [];
  let texts = corpus;
  while (merges.length < count) {
    const counts = new Map<string, number>();
    for (const text of texts) {
      for (let at = 1; at < text.length; at += 1) {
        const pair = JSON.stringify([text[at - 1], text[at]]);
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const best = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 1]);
    if (best[0] === '') break;
    const [left, right] = JSON.parse(best[0]) as [string, string];
    merges.push([left, right]);
    if (!known.has(left + right)) tokens.push(left + right);
    known.add(left + right);
    texts = texts.map((text) => merged(text, left, right));
  }
  return { tokens, merges };
}

function merged(text: readonly string[], left: string, right: string): readonly string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const isPair = text[at] === left && text[at + 1] === right;
    parts.push(isPair ? left + right : (text[at] ?? ''));
    if (isPair) at += 1;
  }
  return parts;
}

/**
 * A small SentencePiece-style vocabulary of its own: unknown, begin, end, the 256 bytes (so that every text can be
 * tokenized), letters, syllables and made-up words, each reachable by merging two shorter pieces.
 */
import type { GgufValue } from './types.ts';

export const UNKNOWN_TOKEN = 0;
export const BEGIN_TOKEN = 1;
export const END_TOKEN = 2;
/** The tokens that stand for single bytes: `[FIRST_BYTE_TOKEN, FIRST_BYTE_TOKEN + 256)`. */
export const FIRST_BYTE_TOKEN = 3;
export const MIN_VOCABULARY = FIRST_BYTE_TOKEN + 256;

const CHAT_TEMPLATE =
  "{{ bos_token }}{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";

export function sampleTokenizer(vocabularySize: number): [string, GgufValue][] {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const pieces = wordPieces(vocabularySize - MIN_VOCABULARY);
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...pieces];
  const scores = tokens.map((_, id) => Math.min(0, MIN_VOCABULARY - 1 - id));
  const types = tokens.map((_, id) => typeOf(id));
  return [
    ['tokenizer.ggml.model', { kind: 'string', value: 'llama' }],
    ['tokenizer.ggml.pre', { kind: 'string', value: 'default' }],
    ['tokenizer.ggml.tokens', { kind: 'array', itemKind: 'string', items: tokens }],
    ['tokenizer.ggml.scores', { kind: 'array', itemKind: 'float32', items: scores }],
    ['tokenizer.ggml.token_type', { kind: 'array', itemKind: 'int32', items: types }],
    ['tokenizer.ggml.bos_token_id', { kind: 'uint32', value: BEGIN_TOKEN }],
    ['tokenizer.ggml.eos_token_id', { kind: 'uint32', value: END_TOKEN }],
    ['tokenizer.ggml.unknown_token_id', { kind: 'uint32', value: UNKNOWN_TOKEN }],
    ['tokenizer.ggml.add_bos_token', { kind: 'bool', value: true }],
    ['tokenizer.ggml.add_eos_token', { kind: 'bool', value: false }],
    ['tokenizer.chat_template', { kind: 'string', value: CHAT_TEMPLATE }],
  ];
}

const CONSONANTS = 'bcdfghjklmnpqrstvwxz';
const VOWELS = 'aeiou';
/** SentencePiece writes a space as U+2581. */
const SPACE = '\u2581';

/** `tokenizer.ggml.token_type` (specification): 1 normal, 2 unknown, 3 control, 6 byte. */
function typeOf(id: number): number {
  if (id === UNKNOWN_TOKEN) return 2;
  if (id < FIRST_BYTE_TOKEN) return 3;
  return id < MIN_VOCABULARY ? 6 : 1;
}

function wordPieces(count: number): string[] {
  const pieces: string[] = [];
  for (const piece of allPieces()) {
    if (pieces.length >= count) break;
    pieces.push(piece);
  }
  return pieces;
}

function* allPieces(): Generator<string> {
  yield SPACE;
  yield* 'abcdefghijklmnopqrstuvwxyz';
  const syllables = CONSONANTS.split('').flatMap((consonant) =>
    VOWELS.split('').map((vowel) => consonant + vowel),
  );
  yield* syllables;
  for (const syllable of syllables) yield SPACE + syllable;
  for (const first of syllables) for (const second of syllables) yield SPACE + first + second;
  for (let index = 0; ; index += 1) yield `<unused${index}>`;
}

/**
 * The tables of the tokenizer, which llama.cpp reads side by side: as long as each other, of the types that it casts them
 * to, and with no token twice. Older versions read past the end of a table that is shorter or narrower; the one of today
 * ends itself where two tokens have one text.
 */
import { escapeText } from '../core/index.ts';
import { GgufFailure } from './error.ts';
import { MAX_TOKENS } from './limits.ts';
import { metadataString } from './metadata-values.ts';
import { PackedStrings } from './packed-lists.ts';
import type { GgufFile, GgufList, GgufValueKind } from './types.ts';

const TOKENS = 'tokenizer.ggml.tokens';

/** Side tables and what llama.cpp takes them for (`float`, `int32_t`): 4 bytes each. */
const TABLES: readonly (readonly [key: string, kinds: readonly GgufValueKind[]])[] = [
  ['tokenizer.ggml.scores', ['float32']],
  ['tokenizer.ggml.token_type', ['int32', 'uint32']],
];

/** Throws `GGUF_VOCABULARY_INVALID` with the key in its details. A file without tokens has nothing to check. */
export function checkVocabulary(file: GgufFile): void {
  const tokens = file.metadata.get(TOKENS);
  if (tokens === undefined) return;
  if (tokens.kind !== 'array' || tokens.itemKind !== 'string') {
    throw invalid(
      file,
      TOKENS,
      'a list of texts',
      tokens.kind === 'array' ? `a list of ${tokens.itemKind}` : tokens.kind,
    );
  }
  const { length } = tokens.items;
  if (length === 0 || length > MAX_TOKENS)
    throw invalid(file, TOKENS, `1 to ${MAX_TOKENS} tokens`, String(length));
  for (const [key, kinds] of TABLES) {
    const table = file.metadata.get(key);
    if (table === undefined) continue;
    const isTable = table.kind === 'array' && kinds.includes(table.itemKind) && table.items.length >= length;
    if (isTable) continue;
    const received = table.kind === 'array' ? `${table.items.length} of ${table.itemKind}` : table.kind;
    throw invalid(file, key, `${length} of ${kinds.join(' or ')}`, received);
  }
  checkTexts(file, tokens.items);
}

function checkTexts(file: GgufFile, tokens: GgufList<string>): void {
  const places = new Map<string, number>();
  for (let index = 0; index < tokens.length; index += 1) {
    const text = textOf(tokens, index);
    // llama.cpp gives every empty token a name of its own.
    if (text === '') continue;
    const first = places.get(text);
    if (first !== undefined) {
      const received = `${escapeText(text, 40)} as tokens ${first} and ${index}`;
      throw invalid(file, TOKENS, 'every text once', received);
    }
    places.set(text, index);
  }
  // llama-vocab looks the newline up in every vocabulary of this kind, and ends itself without.
  const isSentencePiece = metadataString(file, 'tokenizer.ggml.model') === 'llama';
  if (isSentencePiece && !places.has('<0x0A>') && !places.has('\n'))
    throw invalid(file, TOKENS, 'a token for the newline (<0x0A>)', 'none');
}

/** The bytes as characters, up to the first zero, where llama.cpp stops reading: two tokens may differ only behind it. */
function textOf(tokens: GgufList<string>, index: number): string {
  const bytes =
    tokens instanceof PackedStrings ? tokens.bytesAt(index) : new TextEncoder().encode(tokens.at(index));
  if (bytes === undefined) return '';
  const end = bytes.indexOf(0);
  return LATIN1.decode(end === -1 ? bytes : bytes.subarray(0, end));
}

const LATIN1 = new TextDecoder('latin1');

function invalid(file: GgufFile, key: string, expected: string, received: string): GgufFailure {
  return new GgufFailure(
    'GGUF_VOCABULARY_INVALID',
    `${key} of ${escapeText(file.name)} makes no vocabulary.`,
    {
      details: { offset: file.keyOffsets.get(key) ?? 0, key, expected, received },
    },
  );
}

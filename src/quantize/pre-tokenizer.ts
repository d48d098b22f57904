/**
 * Recognizes how a byte-level BPE cuts a text before it merges: the name under which llama.cpp knows that
 * (`tokenizer.ggml.pre`). By the definition in tokenizer.json, compared whole: what differs in one character cuts
 * differently. Pure. Source: huggingface/tokenizers, pre_tokenizers; llama.cpp, `llama_vocab_pre_type`.
 */
import {
  escapeText,
  formatJson,
  isJsonObject,
  toJsonTree,
  type JsonObject,
  type JsonValue,
} from '../core/index.ts';
import { unsupported } from './hyperparameters.ts';

export type PreTokenizer = 'gpt-2' | 'llama-bpe' | 'qwen2';

/** What a contraction, a word, a number, a run of signs or of white space is, as OpenAI's cl100k has it; the digits differ. */
const WORDS = (digits: string): string =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const byteLevel = (useRegex: boolean): JsonObject => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  use_regex: useRegex,
});

const split = (regex: string): JsonObject => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
});

const KNOWN: Readonly<Record<PreTokenizer, JsonObject>> = {
  'gpt-2': byteLevel(true),
  'llama-bpe': split(WORDS(String.raw`\p{N}{1,3}`)),
  qwen2: split(WORDS(String.raw`\p{N}`)),
};

/** Throws `CONVERT_UNSUPPORTED`. */
export function recognizePreTokenizer(tokenizer: JsonObject): PreTokenizer {
  const received = toText(withoutOffsets(tokenizer['pre_tokenizer'] ?? null));
  for (const [name, definition] of Object.entries(KNOWN)) {
    if (toText(definition) === received) return name as PreTokenizer;
  }
  throw unsupported('its tokenizer cuts texts in a way that is not known (pre_tokenizer of tokenizer.json)', {
    expected: Object.keys(KNOWN).join(', '),
    received: escapeText(received, 300),
  });
}

/** `trim_offsets` tells where in the text a token came from, and changes no token. What is written out as the default is none. */
function withoutOffsets(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item) => withoutOffsets(item));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value)
    .filter(([key]) => key !== 'trim_offsets')
    .map(([key, item]): [string, JsonValue] => [key, withoutOffsets(item)]);
  const plain = Object.fromEntries(entries);
  return plain['type'] === 'ByteLevel' ? { use_regex: true, ...plain } : plain;
}

/** The same for the same definition, however its keys are ordered. */
function toText(value: JsonValue): string {
  return formatJson(toJsonTree(sorted(value)));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item) => sorted(item));
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key): [string, JsonValue] => [key, sorted(value[key] ?? null)]));
}

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

export type PreTokenizer = 'gpt-2' | 'llama-bpe' | 'smaug-bpe' | 'qwen2' | 'smollm';

/** Throws `CONVERT_UNSUPPORTED`. */
export function recognizePreTokenizer(tokenizer: JsonObject): PreTokenizer {
  const received = toText(withoutOffsets(tokenizer['pre_tokenizer'] ?? null));
  const fitting = KNOWN.filter(({ definition }) => toText(definition) === received);
  const [first] = fitting;
  if (first === undefined) {
    throw unsupported(
      'its tokenizer cuts texts in a way that is not known (pre_tokenizer of tokenizer.json)',
      {
        expected: KNOWN.map(({ name }) => name).join(', '),
        received: escapeText(received, 300),
      },
    );
  }
  const model = tokenizer['model'];
  const ignoresMerges = isJsonObject(model) && model['ignore_merges'] === true;
  const found = fitting.find((known) => known.ignoresMerges === ignoresMerges);
  if (found !== undefined) return found.name;
  throw unsupported(`its tokenizer cuts like ${first.name} and has another ignore_merges`, {
    expected: `ignore_merges ${String(!ignoresMerges)}`,
    received: `ignore_merges ${String(ignoresMerges)}`,
  });
}

interface Known {
  readonly name: PreTokenizer;
  readonly definition: JsonObject;
  /** Whether llama.cpp takes whole words that are tokens as they are, which hangs on the name alone. */
  readonly ignoresMerges: boolean;
}

const byteLevel = (useRegex: boolean): JsonObject => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  use_regex: useRegex,
});

const sequence = (...pretokenizers: JsonObject[]): JsonObject => ({ type: 'Sequence', pretokenizers });

/** What a contraction, a word, a number, a run of signs or of white space is, as OpenAI's cl100k has it; the digits differ. */
const words = (digits: string): JsonObject => {
  const Regex = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
  return sequence(
    { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  );
};

/** Llama 3 was published without `ignore_merges` at first: its descendants of that time are what llama.cpp calls `smaug-bpe`. */
const KNOWN: readonly Known[] = [
  { name: 'gpt-2', definition: byteLevel(true), ignoresMerges: false },
  { name: 'llama-bpe', definition: words(String.raw`\p{N}{1,3}`), ignoresMerges: true },
  { name: 'smaug-bpe', definition: words(String.raw`\p{N}{1,3}`), ignoresMerges: false },
  { name: 'qwen2', definition: words(String.raw`\p{N}`), ignoresMerges: false },
  {
    name: 'smollm',
    definition: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)),
    ignoresMerges: false,
  },
];

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

/**
 * Which tokens begin and end, and whether a beginning is put before every text: from the files around the tokenizer. Pure.
 * Source: transformers, `PreTrainedTokenizerBase`; huggingface/tokenizers, `TemplateProcessing`.
 */
import { escapeText, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import type { GgufValue } from '../gguf/index.ts';
import { QuantizeFailure } from './error.ts';

export interface SpecialTokenFiles {
  readonly config: JsonObject;
  readonly tokenizer: JsonObject | null;
  readonly tokenizerConfig: JsonObject | null;
}

const KINDS = [
  ['bos_token', 'tokenizer.ggml.bos_token_id'],
  ['eos_token', 'tokenizer.ggml.eos_token_id'],
  ['unk_token', 'tokenizer.ggml.unknown_token_id'],
  ['pad_token', 'tokenizer.ggml.padding_token_id'],
] as const;

/** Throws `CONVERT_CONFIG_INVALID` where a token is named that the vocabulary does not have. */
export function specialTokens(
  ids: ReadonlyMap<string, number>,
  files: SpecialTokenFiles,
): readonly (readonly [string, GgufValue])[] {
  const found = KINDS.flatMap(([kind, key]) => {
    const id = idOf(kind, ids, files);
    return id === null ? [] : [[key, { kind: 'uint32', value: id }] as const];
  });
  return [
    ...found,
    ['tokenizer.ggml.add_bos_token', { kind: 'bool', value: addsBeginning(files) }],
    [
      'tokenizer.ggml.add_eos_token',
      { kind: 'bool', value: files.tokenizerConfig?.['add_eos_token'] === true },
    ],
  ];
}

/** By its text in tokenizer_config.json; else by its number in config.json. */
function idOf(kind: string, ids: ReadonlyMap<string, number>, files: SpecialTokenFiles): number | null {
  const text = textOf(files.tokenizerConfig?.[kind]);
  if (text !== null) {
    const id = ids.get(text);
    if (id === undefined) throw unknown(kind, text);
    return id;
  }
  const value = files.config[`${kind}_id`];
  const [first] = Array.isArray(value) ? value : [value];
  return typeof first === 'number' && Number.isInteger(first) && first >= 0 ? first : null;
}

function textOf(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value;
  const content = isJsonObject(value) ? value['content'] : undefined;
  return typeof content === 'string' ? content : null;
}

/** What tokenizer.json does counts; the flag of tokenizer_config.json is for tokenizers that have no such file. */
function addsBeginning({ tokenizer, tokenizerConfig }: SpecialTokenFiles): boolean {
  const processor = tokenizer?.['post_processor'];
  const steps =
    isJsonObject(processor) && Array.isArray(processor['processors']) ? processor['processors'] : [processor];
  const template = steps.find((step) => isJsonObject(step) && step['type'] === 'TemplateProcessing');
  const single = isJsonObject(template) ? template['single'] : undefined;
  const [first] = Array.isArray(single) ? single : [];
  if (isJsonObject(first)) return 'SpecialToken' in first;
  return tokenizerConfig?.['add_bos_token'] === true;
}

function unknown(kind: string, text: string): QuantizeFailure {
  const name = escapeText(text, 60);
  return new QuantizeFailure(
    'CONVERT_CONFIG_INVALID',
    `The vocabulary has no token ${name}, which is named as ${kind}.`,
    {
      details: { expected: `a token ${name}`, received: 'none' },
    },
  );
}

/** Which tokens begin, end, fill and stand for the unknown: from the files around the tokenizer. Pure. Source: transformers, `PreTrainedTokenizerBase`. */
import { escapeText, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { QuantizeFailure } from './error.ts';

export interface SpecialTokenFiles {
  readonly config: JsonObject;
  readonly tokenizerConfig: JsonObject | null;
}

export const BEGINNING = 'tokenizer.ggml.bos_token_id';
export const ENDING = 'tokenizer.ggml.eos_token_id';

const KINDS = [
  ['bos_token', BEGINNING],
  ['eos_token', ENDING],
  ['unk_token', 'tokenizer.ggml.unknown_token_id'],
  ['pad_token', 'tokenizer.ggml.padding_token_id'],
] as const;

/** By their keys in a GGUF. Throws `CONVERT_CONFIG_INVALID` where a token is named that the vocabulary does not have. */
export function specialTokenIds(
  ids: ReadonlyMap<string, number>,
  files: SpecialTokenFiles,
): ReadonlyMap<string, number> {
  return new Map(
    KINDS.flatMap(([kind, key]) => {
      const id = idOf(kind, ids, files);
      return id === null ? [] : [[key, id] as const];
    }),
  );
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

/** The whole tokenizer of a model as a GGUF keeps it: tokens, which of them are special, and what is put around a text. Pure. */
import type { JsonObject } from '../core/index.ts';
import type { GgufValue } from '../gguf/index.ts';
import { readVocabulary } from './read-vocabulary.ts';
import { specialTokenIds } from './special-tokens.ts';
import { frameText, withFrame } from './text-frame.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';

export interface GgufTokenizer {
  readonly metadata: readonly (readonly [string, GgufValue])[];
  /** As tokenizer.json defines it: what the converted tokenizer is held against. */
  readonly reference: JsonObject;
}

/** Throws `CONVERT_UNSUPPORTED`, `CONVERT_CONFIG_INVALID`. `size` is that of the table of embeddings. */
export function readTokenizer(files: TokenizerFiles, size: number): GgufTokenizer {
  const { ids, metadata, reference } = readVocabulary(files, size);
  const named = specialTokenIds(ids, files);
  const frame = frameText(files, named);
  const bool = (value: boolean): GgufValue => ({ kind: 'bool', value });
  return {
    metadata: [
      ...metadata,
      ...[...named].map(([key, id]) => [key, { kind: 'uint32', value: id }] as const),
      ['tokenizer.ggml.add_bos_token', bool(frame.beginning)],
      ['tokenizer.ggml.add_eos_token', bool(frame.ending)],
    ],
    reference: withFrame(reference, frame, { ids, named }),
  };
}

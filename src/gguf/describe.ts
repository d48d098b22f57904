/** What a person wants to know about a model file, from its header alone. */
import { readSplit } from './check-split.ts';
import { fileTypeOfId } from './file-types.ts';
import { GGML_TYPES, type GgmlType } from './ggml-types.ts';
import { MAX_SHOWN_NAME } from './limits.ts';
import { metadataLength, metadataCount, metadataString } from './metadata-values.ts';
import type { GgufFacts, GgufFile, GgufMixPart } from './types.ts';

/** Of one file: for a split model describe the first shard, which carries the metadata. */
export function describeGguf(file: GgufFile): GgufFacts {
  const architecture = metadataString(file, 'general.architecture') ?? 'unknown';
  const mix = mixOf(file);
  return {
    architecture,
    name: metadataString(file, 'general.name')?.slice(0, MAX_SHOWN_NAME) ?? null,
    quantization: quantizationOf(file, mix),
    mix,
    parameterCount: file.tensors.reduce((sum, tensor) => sum + tensor.elementCount, 0),
    contextLength: metadataCount(file, `${architecture}.context_length`),
    embeddingLength: metadataCount(file, `${architecture}.embedding_length`),
    blockCount: metadataCount(file, `${architecture}.block_count`),
    vocabularySize:
      metadataLength(file, 'tokenizer.ggml.tokens') ?? metadataCount(file, `${architecture}.vocab_size`),
    tensorCount: file.tensors.length,
    sizeBytes: file.sizeBytes,
    chatTemplate: metadataString(file, TEMPLATE_KEY),
    chatTemplates: chatTemplatesOf(file),
    tokenizerModel: metadataString(file, 'tokenizer.ggml.model'),
    split: readSplit(file),
    version: file.version,
    alignment: file.alignment,
  };
}

const TEMPLATE_KEY = 'tokenizer.chat_template';

/**
 * llama.cpp asks for `tokenizer.chat_template.<name>`; the list `tokenizer.chat_templates` only says which names there are,
 * so that a key counts whether it is listed or not.
 */
function chatTemplatesOf(file: GgufFile): GgufFacts['chatTemplates'] {
  const keys = [...file.metadata.keys()].filter((key) => key.startsWith(`${TEMPLATE_KEY}.`));
  return [TEMPLATE_KEY, ...keys].flatMap((key) => {
    const text = metadataString(file, key);
    const name = key === TEMPLATE_KEY ? 'default' : key.slice(TEMPLATE_KEY.length + 1);
    return text === null ? [] : [{ name, text }];
  });
}

function mixOf(file: GgufFile): readonly GgufMixPart[] {
  const parts = new Map<string, { type: string; tensorCount: number; sizeBytes: number }>();
  for (const tensor of file.tensors) {
    const type = tensor.type ?? `unknown(${tensor.typeId})`;
    const part = parts.get(type) ?? { type, tensorCount: 0, sizeBytes: 0 };
    part.tensorCount += 1;
    part.sizeBytes += tensor.sizeBytes;
    parts.set(type, part);
  }
  return [...parts.values()].toSorted((a, b) => b.sizeBytes - a.sizeBytes || b.tensorCount - a.tensorCount);
}

/**
 * The claim of `general.file_type` stands where its type is in the file and a file said to be quantized does not mostly
 * hold plain floats: small models keep the embedding, and rows that do not divide by 256, in other types.
 */
function quantizationOf(file: GgufFile, mix: readonly GgufMixPart[]): string {
  const dominant = mix[0]?.type ?? 'none';
  const claimed = fileTypeOfId(metadataCount(file, 'general.file_type') ?? -1);
  if (claimed === null || !mix.some(({ type }) => type === claimed.type)) return dominant;
  const stands = isQuantized(dominant) ? isQuantized(claimed.type) : claimed.type === dominant;
  return stands ? claimed.name : dominant;
}

function isQuantized(type: string): boolean {
  return type in GGML_TYPES && GGML_TYPES[type as GgmlType].blockElements > 1;
}

/** The small sample model with a lie in it: keys set or taken away, or tensors of another type. */
import {
  ggmlSizeBytes,
  ggufBytes,
  sampleModel,
  type GgmlType,
  type GgufValue,
} from '../../src/gguf/index.ts';

export const VOCABULARY = 320;

export interface Change {
  /** Null takes the key away. */
  readonly metadata?: Readonly<Record<string, GgufValue | null>>;
  /** Zeros of this type under the name of a tensor, which keeps its dimensions. */
  readonly types?: Readonly<Record<string, GgmlType>>;
}

export async function changedModel({ metadata = {}, types = {} }: Change): Promise<Uint8Array> {
  const model = smallModel();
  const entries = new Map(model.metadata);
  for (const [key, value] of Object.entries(metadata)) {
    if (value === null) entries.delete(key);
    else entries.set(key, value);
  }
  return ggufBytes({
    metadata: entries,
    tensors: model.tensors.map((tensor) => {
      const type = types[tensor.name];
      if (type === undefined) return tensor;
      return { ...tensor, type, data: new Uint8Array(ggmlSizeBytes(type, tensor.dims) ?? 0) };
    }),
  });
}

/** The token table of the model, to be changed. */
export function sampleTokens(): string[] {
  const value = new Map(smallModel().metadata).get('tokenizer.ggml.tokens');
  if (value?.kind !== 'array' || value.itemKind !== 'string') throw new Error('The sample has no tokens.');
  return [...value.items];
}

function smallModel() {
  const heads = { headCount: 4, headCountKv: 2 };
  return sampleModel({
    ...heads,
    blockCount: 1,
    embeddingLength: 64,
    feedForwardLength: 64,
    vocabularySize: VOCABULARY,
  });
}

/** The model families that can be converted: what tells them apart for a reader of GGUF. */

export interface ModelFamily {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** The class in `architectures` of config.json. */
  readonly className: string;
  /** `general.architecture` of GGUF. */
  readonly architecture: 'llama' | 'qwen2' | 'qwen3';
  /**
   * Whether llama.cpp turns pairs of neighbouring rows of q and k (RoPE as in Su et al. 2021, section 3.4.2), where
   * transformers turns row j together with row j + half: then the rows of these tensors change places.
   */
  readonly interleavesHeads: boolean;
  /** Whether q, k and v have a bias. */
  readonly hasBias: boolean;
  /** Whether each head of q and k is normalized. */
  readonly hasHeadNorm: boolean;
  /** What transformers takes where config.json says nothing of `num_key_value_heads`; null where it is as many as heads. */
  readonly defaultKeyValueHeads: number | null;
}

const FAMILIES: readonly ModelFamily[] = [
  family('llama', 'LlamaForCausalLM', 'llama', { interleavesHeads: true }),
  family('mistral', 'MistralForCausalLM', 'llama', { interleavesHeads: true, defaultKeyValueHeads: 8 }),
  family('qwen2', 'Qwen2ForCausalLM', 'qwen2', { hasBias: true, defaultKeyValueHeads: 32 }),
  family('qwen3', 'Qwen3ForCausalLM', 'qwen3', { hasHeadNorm: true, defaultKeyValueHeads: 32 }),
];

/** What can be converted, for a message that refuses something else. */
export const SUPPORTED_CLASSES: readonly string[] = FAMILIES.map(({ className }) => className);

/** Null for one that is not known. Both must fit: a fine-tuning with code of its own keeps the `model_type`. */
export function findFamily(modelType: string, architectures: readonly string[]): ModelFamily | null {
  const [className, ...others] = architectures;
  if (others.length > 0) return null;
  return FAMILIES.find((known) => known.modelType === modelType && known.className === className) ?? null;
}

function family(
  modelType: string,
  className: string,
  architecture: ModelFamily['architecture'],
  rest: Partial<ModelFamily>,
): ModelFamily {
  return {
    modelType,
    className,
    architecture,
    interleavesHeads: false,
    hasBias: false,
    hasHeadNorm: false,
    defaultKeyValueHeads: null,
    ...rest,
  };
}

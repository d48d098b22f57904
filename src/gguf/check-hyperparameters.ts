/**
 * The numbers of an architecture that llama.cpp asserts (it ends itself) rather than refuses: layers, heads, experts,
 * epsilons. Only what no architecture can have is refused here; whether the rest fits together is what loading shows.
 */
import { escapeText } from '../core/index.ts';
import { GgufFailure } from './error.ts';
import { MAX_BLOCKS, MAX_EXPERTS, MAX_HEAD_NUMBERS } from './limits.ts';
import { metadataNumber, metadataString } from './metadata-values.ts';
import type { GgufFile, GgufValue } from './types.ts';

/** llama-model: `llama_rope_scaling_type_from_string` knows no other, and asserts that it found one. */
const ROPE_SCALINGS = ['none', 'linear', 'yarn', 'longrope'];

/** Throws `GGUF_HYPERPARAMETER_INVALID` with the key in its details. */
export function checkHyperparameters(file: GgufFile): void {
  const architecture = metadataString(file, 'general.architecture');
  if (architecture === null) return;
  const at = (name: string): Parameter => new Parameter(file, `${architecture}.${name}`);
  // `GGML_ASSERT(n_layer > 0 && n_layer <= LLAMA_MAX_LAYERS)`.
  at('block_count').within(1, MAX_BLOCKS);
  checkAttention(file, at);
  checkExperts(at);
  for (const name of ['layer_norm_epsilon', 'layer_norm_rms_epsilon']) {
    // ggml: `GGML_ASSERT(eps >= 0.0f)`; it holds for infinity, but no norm survives that.
    at(`attention.${name}`).within(0, 1);
  }
  const scaling = at('rope.scaling.type');
  if (scaling.value?.kind === 'string' && !ROPE_SCALINGS.includes(scaling.value.value)) {
    scaling.refuse(ROPE_SCALINGS.join(', '), escapeText(scaling.value.value, 40));
  }
}

/**
 * A model with the tensors of attention has heads, and one with a dense feed-forward net has a length of it: llama.cpp
 * computes the shapes of those tensors from the numbers, and asserts that each is at least 1. Models without (Mamba,
 * RWKV) carry zeros, and hybrid ones zeros in lists.
 */
function checkAttention(file: GgufFile, at: (name: string) => Parameter): void {
  const has = (ending: string): boolean =>
    file.tensors.some(({ name }) => name.startsWith('blk.') && name.endsWith(ending));
  if (has('.attn_q.weight')) {
    for (const name of ['head_count', 'head_count_kv', 'key_length', 'value_length'])
      at(`attention.${name}`).withinSomewhere(1, MAX_HEAD_NUMBERS);
  }
  if (has('.ffn_down.weight')) at('feed_forward_length').withinSomewhere(1, 2 ** 31 - 1);
}

/** `GGML_ASSERT(n_expert_used <= n_expert)`, and above 0 exactly where there are experts. */
function checkExperts(at: (name: string) => Parameter): void {
  at('expert_count').within(0, MAX_EXPERTS);
  const experts = at('expert_count').count ?? 0;
  const used = at('expert_used_count');
  // A list gives each layer its own number.
  if (used.value?.kind === 'array') return;
  const count = used.count ?? 0;
  const isPossible = experts === 0 ? count === 0 : count >= 1 && count <= experts;
  if (!isPossible) used.refuse(experts === 0 ? '0' : `1 to ${experts}`, String(count));
}

/** One number of the model, there or not. */
class Parameter {
  readonly #file: GgufFile;
  readonly #key: string;

  constructor(file: GgufFile, key: string) {
    this.#file = file;
    this.#key = key;
  }

  get value(): GgufValue | undefined {
    return this.#file.metadata.get(this.#key);
  }

  get count(): number | null {
    return metadataNumber(this.#file, this.#key);
  }

  /** What is no number is refused by llama.cpp in its own words. */
  within(min: number, max: number): void {
    const { value } = this;
    if (value === undefined || value.kind === 'array' || value.kind === 'string' || value.kind === 'bool')
      return;
    const number = Number(value.value);
    if (!(number >= min && number <= max)) this.refuse(`${min} to ${max}`, String(number));
  }

  /** The same of a list: one number per layer, at least one of them above zero. */
  withinSomewhere(min: number, max: number): void {
    const { value } = this;
    if (value?.kind !== 'array') return this.within(min, max);
    if (value.itemKind === 'array' || value.itemKind === 'string' || value.itemKind === 'bool') return;
    let most = 0;
    for (const item of value.items) most = Math.max(most, Number(item));
    if (!(most >= min && most <= max))
      this.refuse(`a number from ${min} to ${max} for some layer`, String(most));
  }

  refuse(expected: string, received: string): never {
    const key = escapeText(this.#key, 120);
    throw new GgufFailure(
      'GGUF_HYPERPARAMETER_INVALID',
      `${key} of ${escapeText(this.#file.name)} is ${received}: no model has that.`,
      { details: { offset: this.#file.keyOffsets.get(this.#key) ?? 0, key, expected, received } },
    );
  }
}

/**
 * Reads config.json for what the mathematics of a model depend on. Whatever is not known for sure is a refusal: a file that
 * loads and talks nonsense is worse than none. Pure. Source of keys and defaults: transformers, configuration_*.py.
 */
import { escapeText, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { QuantizeFailure } from './error.ts';
import { findFamily, SUPPORTED_CLASSES, type ModelFamily } from './model-families.ts';

export interface Hyperparameters {
  readonly family: ModelFamily;
  readonly vocabularySize: number;
  readonly embeddingLength: number;
  readonly blockCount: number;
  readonly feedForwardLength: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  /** Rows of one head. */
  readonly headLength: number;
  readonly contextLength: number;
  readonly normEpsilon: number;
  readonly ropeBase: number;
  readonly ropeScaling: RopeScaling;
  /** The output layer is the table of embeddings. */
  readonly hasTiedEmbeddings: boolean;
}

export type RopeScaling =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  /** The frequencies are changed one by one (Llama 3.1 and later). */
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      /** In tokens. */
      readonly originalContextLength: number;
    };

/** Throws `CONVERT_UNSUPPORTED`, `CONVERT_CONFIG_INVALID`. */
export function readHyperparameters(config: JsonObject): Hyperparameters {
  const family = readFamily(config);
  assertPlain(config);
  const count = (key: string, fallback?: number): number => readCount(config, key, fallback);
  const headCount = count('num_attention_heads');
  const embeddingLength = count('hidden_size');
  const keyValueHeadCount = count('num_key_value_heads', family.defaultKeyValueHeads ?? headCount);
  const headLength = count('head_dim', embeddingLength / headCount);
  if (headCount % keyValueHeadCount !== 0) {
    throw invalid('num_key_value_heads', `a divisor of ${headCount}`, keyValueHeadCount);
  }
  if (headLength % 2 !== 0) throw invalid('head_dim', 'an even number', headLength);
  return {
    family,
    vocabularySize: count('vocab_size'),
    embeddingLength,
    blockCount: count('num_hidden_layers'),
    feedForwardLength: count('intermediate_size'),
    headCount,
    keyValueHeadCount,
    headLength,
    contextLength: count('max_position_embeddings'),
    normEpsilon: readPositive(config, 'rms_norm_eps'),
    ...readRope(config),
    hasTiedEmbeddings: readFlag(config, 'tie_word_embeddings', false),
  };
}

function readFamily(config: JsonObject): ModelFamily {
  const modelType = config['model_type'];
  const classes = config['architectures'];
  const names = Array.isArray(classes) ? classes.filter((name) => typeof name === 'string') : [];
  const family = findFamily(typeof modelType === 'string' ? modelType : '', names);
  if (family !== null) return family;
  const received = `${names.join(', ') || 'no class'} (model_type ${show(modelType)})`;
  throw unsupported(`its architecture is ${escapeText(received, 200)}`, {
    expected: SUPPORTED_CLASSES.join(', '),
    received: escapeText(received, 200),
  });
}

/** Keys that change the mathematics, and the only values under which they do not. */
const PLAIN_VALUES: Readonly<Record<string, readonly JsonValue[]>> = {
  hidden_act: ['silu'],
  attention_bias: [false],
  mlp_bias: [false],
  use_sliding_window: [false],
  pretraining_tp: [1],
  quantization_config: [null],
  compression_config: [null],
  text_config: [null],
  vision_config: [null],
  auto_map: [null],
  rope_interleaved: [false],
  partial_rotary_factor: [1],
  num_experts: [0, null],
  num_local_experts: [0, null],
  logit_scale: [1, null],
  embedding_multiplier: [1, null],
  residual_multiplier: [1, null],
  attention_multiplier: [null],
};

/** `attention_bias` of Qwen2 is never written: its biases are fixed. */
function assertPlain(config: JsonObject): void {
  for (const [key, values] of Object.entries(PLAIN_VALUES)) {
    const value = config[key];
    if (value === undefined || value === null || values.includes(value)) continue;
    const expected = values.map((allowed) => show(allowed)).join(' or ');
    throw unsupported(`config.json has ${key} ${show(value)}`, {
      expected: `${key} ${expected}`,
      received: show(value),
    });
  }
}

/** Since transformers 5 under `rope_parameters`, before in two keys. */
function readRope(config: JsonObject): Pick<Hyperparameters, 'ropeBase' | 'ropeScaling'> {
  const nested = config['rope_parameters'];
  if (isJsonObject(nested)) {
    return {
      ropeBase: readPositive(nested, 'rope_theta', readPositive(config, 'rope_theta', DEFAULT_ROPE_BASE)),
      ropeScaling: readScaling(nested),
    };
  }
  const scaling = config['rope_scaling'] ?? null;
  if (scaling !== null && !isJsonObject(scaling)) throw invalid('rope_scaling', 'an object', scaling);
  return {
    ropeBase: readPositive(config, 'rope_theta', DEFAULT_ROPE_BASE),
    ropeScaling: scaling === null ? { kind: 'none' } : readScaling(scaling),
  };
}

const DEFAULT_ROPE_BASE = 10_000;

function readScaling(scaling: JsonObject): RopeScaling {
  const kind = scaling['rope_type'] ?? scaling['type'] ?? 'default';
  switch (kind) {
    case 'default':
      return { kind: 'none' };
    case 'linear':
      return { kind: 'linear', factor: readPositive(scaling, 'factor') };
    case 'llama3':
      return {
        kind: 'llama3',
        factor: readPositive(scaling, 'factor'),
        lowFrequencyFactor: readPositive(scaling, 'low_freq_factor'),
        highFrequencyFactor: readPositive(scaling, 'high_freq_factor'),
        originalContextLength: readCount(scaling, 'original_max_position_embeddings'),
      };
    default:
      throw unsupported(`its rope scaling is ${show(kind)}`, {
        expected: 'default, linear or llama3',
        received: show(kind),
      });
  }
}

/** A whole number of at least 1 that fits what GGUF keeps it in. */
function readCount(config: JsonObject, key: string, fallback?: number): number {
  const value = config[key] ?? fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value < 2 ** 31) return value;
  throw invalid(key, 'a whole number of at least 1', value);
}

function readPositive(config: JsonObject, key: string, fallback?: number): number {
  const value = config[key] ?? fallback;
  if (typeof value === 'number' && value > 0) return value;
  throw invalid(key, 'a number above 0', value);
}

function readFlag(config: JsonObject, key: string, fallback: boolean): boolean {
  const value = config[key] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw invalid(key, 'true or false', value);
}

function show(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : escapeText(JSON.stringify(value), 100);
}

export function unsupported(
  what: string,
  { expected, received }: { readonly expected: string; readonly received: string },
): QuantizeFailure {
  return new QuantizeFailure('CONVERT_UNSUPPORTED', `The model cannot be converted here: ${what}.`, {
    details: { expected, received },
  });
}

function invalid(key: string, expected: string, received: JsonValue | undefined): QuantizeFailure {
  return new QuantizeFailure('CONVERT_CONFIG_INVALID', `config.json should have ${expected} as ${key}.`, {
    details: { expected, received: show(received) },
  });
}

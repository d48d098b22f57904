/** Everything that a GGUF says beside its tensors. Pure. Source: the GGUF specification, "Standardized key-value pairs"; gguf-py, constants.py. */
import type { GgufValue } from '../gguf/index.ts';
import type { HfChatTemplate } from '../hf/index.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import type { FloatType } from './match-tensors.ts';
import { QUANTIZATION_TYPES } from './quantization-types.ts';

export interface ModelMetadata {
  readonly name: string;
  readonly model: Hyperparameters;
  /** Of most of the weights. */
  readonly type: FloatType;
  readonly tokenizer: readonly (readonly [string, GgufValue])[];
  readonly chatTemplates: readonly HfChatTemplate[];
}

/** Of the specification: raised when the layout of quantized blocks changed. */
const QUANTIZATION_VERSION = 2;

export function ggufMetadata(facts: ModelMetadata): ReadonlyMap<string, GgufValue> {
  const { name, model, type, tokenizer, chatTemplates } = facts;
  return new Map<string, GgufValue>([
    ['general.architecture', { kind: 'string', value: model.family.architecture }],
    ['general.type', { kind: 'string', value: 'model' }],
    ['general.name', { kind: 'string', value: name }],
    ['general.file_type', uint32(QUANTIZATION_TYPES[type].fileType)],
    ['general.quantization_version', uint32(QUANTIZATION_VERSION)],
    ...architectureKeys(model),
    ...tokenizer,
    ...templateKeys(chatTemplates),
  ]);
}

function architectureKeys(model: Hyperparameters): readonly (readonly [string, GgufValue])[] {
  const { ropeScaling, headLength } = model;
  const keys: readonly (readonly [string, GgufValue])[] = [
    ['block_count', uint32(model.blockCount)],
    ['context_length', uint32(model.contextLength)],
    ['embedding_length', uint32(model.embeddingLength)],
    ['feed_forward_length', uint32(model.feedForwardLength)],
    ['attention.head_count', uint32(model.headCount)],
    ['attention.head_count_kv', uint32(model.keyValueHeadCount)],
    ['attention.key_length', uint32(headLength)],
    ['attention.value_length', uint32(headLength)],
    ['attention.layer_norm_rms_epsilon', float32(model.normEpsilon)],
    ['rope.freq_base', float32(model.ropeBase)],
    ['rope.dimension_count', uint32(headLength)],
    ['vocab_size', uint32(model.vocabularySize)],
    ...(ropeScaling.kind === 'linear'
      ? ([
          ['rope.scaling.type', { kind: 'string', value: 'linear' }],
          ['rope.scaling.factor', float32(ropeScaling.factor)],
        ] as const)
      : []),
  ];
  return keys.map(([key, value]) => [`${model.family.architecture}.${key}`, value]);
}

/** The one that a file of its own holds comes before that of tokenizer_config.json, as in transformers. */
function templateKeys(templates: readonly HfChatTemplate[]): readonly (readonly [string, GgufValue])[] {
  const byName = new Map<string, string>();
  for (const { name, source, text } of templates) {
    if (!byName.has(name) || source.endsWith('.jinja')) byName.set(name, text);
  }
  const named = [...byName].filter(([name]) => name !== 'default');
  const standard = byName.get('default');
  return [
    ...(standard === undefined
      ? []
      : [['tokenizer.chat_template', { kind: 'string', value: standard }] as const]),
    ...(named.length === 0
      ? []
      : [
          [
            'tokenizer.chat_templates',
            { kind: 'array', itemKind: 'string', items: named.map(([name]) => name) },
          ] as const,
        ]),
    ...named.map(([name, value]) => [`tokenizer.chat_template.${name}`, { kind: 'string', value }] as const),
  ];
}

function uint32(value: number): GgufValue {
  return { kind: 'uint32', value };
}

function float32(value: number): GgufValue {
  return { kind: 'float32', value };
}

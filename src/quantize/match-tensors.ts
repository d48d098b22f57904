/** Holds the tensors of a directory against those that its family has: none missing, none left over, none of another shape. Pure. */
import { escapeText } from '../core/index.ts';
import type { HfTensor } from '../hf/index.ts';
import { QuantizeFailure } from './error.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { unsupported } from './hyperparameters.ts';
import { isIgnored, mapTensors, type TensorMapping } from './tensor-names.ts';

/** The types that weights are published in, and that GGUF has too. */
export const FLOAT_TYPES = ['F32', 'F16', 'BF16'] as const;
export type FloatType = (typeof FLOAT_TYPES)[number];

export interface MatchedTensor extends TensorMapping {
  readonly source: HfTensor;
  readonly sourceType: FloatType;
}

/** In the order in which they are written. Throws `CONVERT_TENSORS_DISAGREE`, `CONVERT_UNSUPPORTED`. */
export function matchTensors(tensors: readonly HfTensor[], model: Hyperparameters): readonly MatchedTensor[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const matched = mapTensors(model).map((mapping) => match(mapping, byName.get(mapping.name)));
  const known = new Set(matched.map(({ name }) => name));
  const extra = tensors.find(({ name }) => !known.has(name) && !isIgnored(name, model));
  if (extra === undefined) return matched;
  const name = escapeText(extra.name, 120);
  throw unsupported(`it has a tensor ${name}, which models of its family do not have`, {
    expected: `the tensors of ${model.family.className}`,
    received: name,
  });
}

function match(mapping: TensorMapping, source: HfTensor | undefined): MatchedTensor {
  const expected = `${mapping.name} [${mapping.shape.join(', ')}]`;
  if (source === undefined) throw disagree(`${mapping.name} is missing`, expected, 'no such tensor');
  const received = `${source.name} [${source.shape.join(', ')}]`;
  if (received !== expected) throw disagree(`${mapping.name} has another shape`, expected, received);
  const sourceType = FLOAT_TYPES.find((type) => type === source.dtype);
  if (sourceType === undefined) {
    throw unsupported(`its tensor ${mapping.name} is in ${escapeText(source.dtype, 20)}`, {
      expected: FLOAT_TYPES.join(', '),
      received: escapeText(source.dtype, 20),
    });
  }
  return { ...mapping, source, sourceType };
}

function disagree(what: string, expected: string, received: string): QuantizeFailure {
  return new QuantizeFailure(
    'CONVERT_TENSORS_DISAGREE',
    `The weights are not those of config.json: ${what}.`,
    {
      details: { expected, received },
    },
  );
}

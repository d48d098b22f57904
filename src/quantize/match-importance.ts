/** Whether an importance matrix was made from the model at hand, and says enough for the type that is wanted. Pure. */
import { escapeText, type Warning } from '../core/index.ts';
import { GGML_TYPES, type GgmlType, type GgufFile, type GgufTensor } from '../gguf/index.ts';
import { QuantizeFailure } from './error.ts';
import type { ImportanceEntry, ImportanceTable } from './importance-table.ts';
import type { QuantizationPlan } from './plan-quantization.ts';
import {
  QUANTIZATION_TYPES,
  type QuantizationType,
  type QuantizationTypeFacts,
} from './quantization-types.ts';

interface NamedTable extends Pick<ImportanceTable, 'entries'> {
  readonly path: string;
}

/** Before any work: throws `QUANTIZE_IMATRIX_NEEDED` where nothing good can come of the type without a matrix. */
export function assertMatrixGiven(type: QuantizationType, matrix: string | null): void {
  const facts: QuantizationTypeFacts = QUANTIZATION_TYPES[type];
  if (matrix !== null || facts.needsMatrix !== true) return;
  throw needed(`${type} makes nothing usable without an importance matrix`, 'none');
}

/**
 * Throws `QUANTIZE_IMATRIX_OTHER_MODEL` where it tells of a weight that the model does not have, or has in another size.
 * llama.cpp passes over the first, and so takes the matrix of a deeper model for that of this one.
 */
export function assertSameModel({ path, entries }: NamedTable, file: GgufFile): void {
  const tensors = new Map(file.tensors.map((tensor) => [tensor.name, tensor]));
  for (const entry of entries) {
    const tensor = tensors.get(entry.name);
    const received = valueCount(entry);
    const expected = tensor === undefined ? 'no such weight' : expectedCount(tensor);
    if (received === expected) continue;
    const name = escapeText(entry.name, 80);
    throw new QuantizeFailure(
      'QUANTIZE_IMATRIX_OTHER_MODEL',
      `${escapeText(path)} was made from another model than ${escapeText(file.name)}: it has ${received} numbers for ${name}, where the model has ${expected}.`,
      { details: { path, tensor: name, expected, received } },
    );
  }
}

/** Throws `QUANTIZE_IMATRIX_NEEDED` for a weight whose type cannot do without, and warns of those that get none. */
export function judgeCoverage(
  matrix: NamedTable | null,
  file: GgufFile,
  { types, type }: Pick<QuantizationPlan, 'types'> & { readonly type: QuantizationType },
): readonly Warning[] {
  const told = new Set(matrix?.entries.map(({ name }) => name));
  const untold = file.tensors.filter(
    (tensor) => !told.has(tensor.name) && !OUTER_WEIGHTS.has(tensor.name) && isQuantized(tensor, types),
  );
  for (const { name } of untold) {
    const made = types.get(name) ?? null;
    if (!needsMatrix(made, type)) continue;
    throw needed(
      `${type} makes ${made ?? ''} of ${escapeText(name, 80)}, which takes an importance matrix`,
      matrix === null ? 'none' : `${escapeText(matrix.path)}, which says nothing of it`,
    );
  }
  return matrix === null ? [] : [...partial(matrix, untold), ...unused(matrix)];
}

function partial({ path, entries }: NamedTable, untold: readonly GgufTensor[]): readonly Warning[] {
  const [first] = untold;
  if (first === undefined) return [];
  const message = `${escapeText(path)} tells of ${entries.length} weights, and says nothing of ${untold.length} that are quantized, such as ${escapeText(first.name, 80)}: these are quantized without.`;
  return [{ code: 'QUANTIZE_IMATRIX_PARTIAL', message }];
}

function unused({ path, entries }: NamedTable): readonly Warning[] {
  const matrices = entries.flatMap(({ divisors }) => divisors);
  const count = matrices.filter((divisor) => divisor === 0).length;
  if (count === 0) return [];
  const message = `${count} of ${matrices.length} matrices (experts, mostly) were never used when ${escapeText(path)} was made: all of their columns count the same. A longer text would reach more.`;
  return [{ code: 'QUANTIZE_IMATRIX_UNUSED', message }];
}

function valueCount({ columns, divisors }: ImportanceEntry): number {
  return columns * divisors.length;
}

/** A number for each column, and for each expert: `ne[0] * ne[2]` (llama_model_quantize_impl). */
function expectedCount({ dims }: GgufTensor): number {
  return (dims[0] ?? 1) * (dims[2] ?? 1);
}

function isQuantized({ name, type }: GgufTensor, types: QuantizationPlan['types']): boolean {
  const made = types.get(name) ?? null;
  return made !== null && made !== type && GGML_TYPES[made].blockElements > 1;
}

/** As `tensor_requires_imatrix` (llama-quant.cpp) says. */
function needsMatrix(made: GgmlType | null, type: QuantizationType): boolean {
  return made !== null && (NEEDING_TYPES.has(made) || (made === 'Q2_K' && type === 'Q2_K_S'));
}

function needed(why: string, received: string): QuantizeFailure {
  return new QuantizeFailure('QUANTIZE_IMATRIX_NEEDED', `${why}.`, {
    details: { expected: 'an importance matrix of this model', received },
  });
}

/** What `llama-imatrix` tells of only where it is asked to, and llama.cpp does without. */
const OUTER_WEIGHTS: ReadonlySet<string> = new Set([
  'token_embd.weight',
  'per_layer_token_embd.weight',
  'output.weight',
]);

const NEEDING_TYPES: ReadonlySet<GgmlType> = new Set([
  'IQ3_XXS',
  'IQ2_XXS',
  'IQ2_XS',
  'IQ2_S',
  'IQ1_M',
  'IQ1_S',
]);

/** What a model would become: which type each tensor gets, and how many bytes the file will have. Pure. */
import { ggmlSizeBytes, type GgmlType, type GgufFile, type GgufTensor } from '../gguf/index.ts';
import { escapeText } from '../core/index.ts';
import { QuantizeFailure } from './error.ts';
import type { QuantizedTensor } from './quantizer-log.ts';

export interface QuantizationPlan {
  /** The type of each tensor of the result, by name. */
  readonly types: ReadonlyMap<string, GgmlType | null>;
  /** Of all tensors of the result, with the padding between them. */
  readonly dataBytes: number;
  /** Of the largest tensor of the source. */
  readonly largestTensorBytes: number;
}

/** Throws `QUANTIZE_LAYOUT_UNSUPPORTED` or `QUANTIZE_ALREADY_QUANTIZED`. */
export function assertQuantizable({ name, alignment, metadata, tensors }: GgufFile): void {
  if (alignment !== ALIGNMENT) throw layout(name, `an alignment of ${ALIGNMENT} bytes`, `${alignment} bytes`);
  if (metadata.has('split.count')) throw layout(name, 'one file', 'a shard of a split model');
  const quantized = tensors.find(({ type }) => type === null || !FLOATS.has(type));
  if (quantized === undefined) return;
  throw new QuantizeFailure(
    'QUANTIZE_ALREADY_QUANTIZED',
    `${escapeText(name)} has weights that were quantized before: ${escapeText(quantized.name)} is ${quantized.type ?? 'of an unknown type'}.`,
    { details: { expected: 'weights in F32, F16 or BF16', received: quantized.type ?? 'an unknown type' } },
  );
}

/** From the log of a dry run. Throws `QUANTIZE_FAILED` where it does not tell of every tensor. */
export function planQuantization(source: GgufFile, dryRun: readonly QuantizedTensor[]): QuantizationPlan {
  const told = new Map(dryRun.map(({ name, type }) => [name, type]));
  const types = new Map(source.tensors.map((tensor) => [tensor.name, told.get(tensor.name) ?? tensor.type]));
  if (told.size !== types.size || source.tensors.some(({ name }) => !told.has(name))) {
    throw new QuantizeFailure(
      'QUANTIZE_FAILED',
      `llama.cpp told of ${told.size} tensors of ${escapeText(source.name)}.`,
      {
        details: { expected: `${types.size} tensors`, received: `${told.size} tensors` },
      },
    );
  }
  const sizeOf = (tensor: GgufTensor): number =>
    padded(sizeAs(types.get(tensor.name) ?? tensor.type, tensor));
  return {
    types,
    dataBytes: source.tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0),
    largestTensorBytes: Math.max(0, ...source.tensors.map(({ sizeBytes }) => sizeBytes)),
  };
}

/** Throws `QUANTIZE_RESULT_WRONG` where a tensor of the result is missing, extra, of another shape or of another type. */
export function assertPlanned(source: GgufFile, result: GgufFile, { types }: QuantizationPlan): void {
  const made = new Map(result.tensors.map((tensor) => [tensor.name, tensor]));
  for (const { name, dims } of source.tensors) {
    const tensor = made.get(name);
    const expected = `${types.get(name) ?? ''} [${dims.join(', ')}]`;
    const received = tensor === undefined ? 'none' : `${tensor.type ?? ''} [${tensor.dims.join(', ')}]`;
    if (expected !== received)
      throw wrong(`its tensor ${escapeText(name)} is ${received}`, { expected, received });
  }
  if (made.size !== source.tensors.length) {
    const details = { expected: `${source.tensors.length} tensors`, received: `${made.size} tensors` };
    throw wrong(`it has ${made.size} tensors`, details);
  }
}

function wrong(
  what: string,
  details: { readonly expected: string; readonly received: string },
): QuantizeFailure {
  return new QuantizeFailure(
    'QUANTIZE_RESULT_WRONG',
    `The quantized file is not what was planned: ${what}.`,
    { details },
  );
}

function layout(name: string, expected: string, received: string): QuantizeFailure {
  return new QuantizeFailure(
    'QUANTIZE_LAYOUT_UNSUPPORTED',
    `${escapeText(name)} cannot be quantized as it lies: ${received}.`,
    {
      details: { expected, received },
    },
  );
}

function sizeAs(type: GgmlType | null, { dims, sizeBytes }: GgufTensor): number {
  return (type === null ? null : ggmlSizeBytes(type, dims)) ?? sizeBytes;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** The only one that llama.cpp's writer knows (`GGUF_DEFAULT_ALIGNMENT`, gguf.h). */
const ALIGNMENT = 32;
const FLOATS: ReadonlySet<GgmlType> = new Set(['F32', 'F16', 'BF16']);

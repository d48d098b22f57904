/** An importance matrix for a model, in both forms: sums of squares that are made up, and the same for the same model. */
import { ggufBytes, type GgufTensorInput, type GgufValue } from '../../src/gguf/index.ts';

/** A weight of a model: its name and its dims, the row length first. */
export interface Weight {
  readonly name: string;
  readonly dims: readonly number[];
}

export interface MatrixOptions {
  /** How often each matrix of each weight was used. Default 64. */
  readonly count?: number | ((name: string, expert: number) => number);
  readonly datasets?: readonly string[];
  readonly chunkCount?: number;
  readonly type?: string;
}

/** The weights of a model that an importance matrix tells of: those of the blocks, norms left out. */
export function inner(tensors: readonly Weight[]): readonly Weight[] {
  return tensors.filter(({ name, dims }) => name.startsWith('blk.') && dims.length > 1);
}

/** As llama-imatrix of today writes it. */
export async function importanceGguf(
  weights: readonly Weight[],
  { count = 64, datasets = ['calibration.txt'], chunkCount = 7, type = 'imatrix' }: MatrixOptions = {},
): Promise<Uint8Array> {
  const countOf = typeof count === 'number' ? () => count : count;
  const metadata = new Map<string, GgufValue>([
    ['general.type', { kind: 'string', value: type }],
    ['imatrix.datasets', { kind: 'array', itemKind: 'string', items: [...datasets] }],
    ['imatrix.chunk_count', { kind: 'uint32', value: chunkCount }],
    ['imatrix.chunk_size', { kind: 'uint32', value: 512 }],
  ]);
  const tensors = weights.flatMap(({ name, dims: [columns = 1, , experts = 1] }): GgufTensorInput[] => [
    {
      name: `${name}.in_sum2`,
      dims: [columns, experts],
      type: 'F32',
      data: bytesOf(sums(name, columns * experts)),
    },
    {
      name: `${name}.counts`,
      dims: [1, experts],
      type: 'F32',
      data: bytesOf(Float32Array.from({ length: experts }, (_, expert) => countOf(name, expert))),
    },
  ]);
  return ggufBytes({ metadata, tensors });
}

/** As llama-imatrix wrote it before: means times calls. */
export function importanceDat(
  weights: readonly Weight[],
  {
    calls = 7,
    dataset = 'calibration.txt',
  }: { readonly calls?: number; readonly dataset?: string | null } = {},
): Uint8Array {
  const parts = [whole(weights.length)];
  for (const {
    name,
    dims: [columns = 1, , experts = 1],
  } of weights) {
    const values = sums(name, columns * experts).map((value) => (value / 64) * calls);
    parts.push(text(name), whole(calls), whole(values.length), bytesOf(values));
  }
  if (dataset !== null) parts.push(whole(calls), text(dataset));
  return Buffer.concat(parts);
}

/** Few columns count much, most count little, as in real models. */
function sums(name: string, length: number): Float32Array {
  let state = [...name].reduce((hash, character) => (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0, 7);
  return Float32Array.from({ length }, () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return (state / 2 ** 32) ** 8 * 1000 + 0.5;
  });
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function whole(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return Buffer.concat([whole(bytes.length), bytes]);
}

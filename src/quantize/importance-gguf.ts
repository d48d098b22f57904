/**
 * An importance matrix in GGUF, the form of today: for each weight `NAME.in_sum2` (sums of squares, [columns, matrices]) and
 * `NAME.counts` (how many were summed up, [1, matrices]). Source: llama.cpp v0.5.0, tools/imatrix and common/imatrix-loader.cpp.
 */
import { escapeText, type ByteSource } from '../core/index.ts';
import { metadataString, parseGguf, type GgufFile, type GgufTensor } from '../gguf/index.ts';
import {
  FLOAT_BYTES,
  invalidMatrix,
  type ImportanceEntry,
  type ImportanceOptions,
  type ImportanceTable,
} from './importance-table.ts';
import { MAX_IMATRIX_DATASETS, MAX_IMATRIX_ENTRIES, MAX_IMATRIX_VALUES } from './limits.ts';

/** Throws `QUANTIZE_IMATRIX_INVALID`, `GGUF_*`. */
export async function parseImportanceGguf(
  source: ByteSource,
  { signal }: ImportanceOptions = {},
): Promise<ImportanceTable> {
  const file = await parseGguf(source, signal === undefined ? {} : { signal });
  const type = metadataString(file, 'general.type');
  if (type !== 'imatrix') {
    throw invalidMatrix(source.name, 'it is a GGUF file of another kind', {
      expected: 'general.type "imatrix"',
      received: type === null ? 'none' : escapeText(type, 80),
    });
  }
  const pairs = pairUp(file);
  const entries: ImportanceEntry[] = [];
  let valueCount = 0;
  for (const [name, { sums, counts }] of pairs) {
    const { columns, matrices } = shapeOf(file, name, { sums, counts });
    valueCount += columns * matrices;
    if (valueCount > MAX_IMATRIX_VALUES) throw tooMany(file, 'numbers', MAX_IMATRIX_VALUES);
    const divisors = await readCounts(source, file, counts);
    entries.push({ name, offset: file.dataOffset + sums.offset, columns, divisors });
  }
  return { format: 'gguf', entries, datasets: readDatasets(file), chunkCount: readCounted(file) };
}

interface Pair {
  readonly sums: GgufTensor;
  readonly counts: GgufTensor;
}

/** Tensors of other names are passed over, as llama.cpp does: a later one may add some. */
function pairUp(file: GgufFile): ReadonlyMap<string, Pair> {
  const found = new Map<string, { sums?: GgufTensor; counts?: GgufTensor }>();
  for (const tensor of file.tensors) {
    const [, name = '', kind = ''] = /^(.+)\.(in_sum2|counts)$/s.exec(tensor.name) ?? [];
    if (name === '') continue;
    const pair = found.get(name) ?? {};
    const part = kind === 'in_sum2' ? 'sums' : 'counts';
    if (pair[part] !== undefined) throw misshapen(file, tensor.name, 'one tensor of that name', 'two');
    found.set(name, { ...pair, [part]: tensor });
  }
  if (found.size === 0) throw misshapen(file, 'every weight', 'pairs of in_sum2 and counts', 'none');
  if (found.size > MAX_IMATRIX_ENTRIES) throw tooMany(file, 'weights', MAX_IMATRIX_ENTRIES);
  return new Map(
    [...found].map(([name, { sums, counts }]) => {
      if (sums === undefined || counts === undefined) {
        throw misshapen(
          file,
          name,
          'both in_sum2 and counts',
          `only ${sums === undefined ? 'counts' : 'in_sum2'}`,
        );
      }
      return [name, { sums, counts }];
    }),
  );
}

function shapeOf(
  file: GgufFile,
  name: string,
  { sums, counts }: Pair,
): { readonly columns: number; readonly matrices: number } {
  for (const { type, typeId, offset, sizeBytes } of [sums, counts]) {
    if (type !== 'F32') throw misshapen(file, name, 'numbers in F32', type ?? `type ${typeId}`);
    if (file.dataOffset + offset + sizeBytes > file.sizeBytes) {
      throw misshapen(
        file,
        name,
        `${sizeBytes} bytes at ${offset} of the data`,
        `a file of ${file.sizeBytes} bytes`,
      );
    }
  }
  const columns = sums.elementCount / counts.elementCount;
  if (Number.isInteger(columns) && columns > 0) return { columns, matrices: counts.elementCount };
  throw misshapen(
    file,
    name,
    'a row of numbers for each count',
    `${sums.elementCount} for ${counts.elementCount}`,
  );
}

async function readCounts(
  source: ByteSource,
  file: GgufFile,
  tensor: GgufTensor,
): Promise<readonly number[]> {
  const bytes = await source.read(file.dataOffset + tensor.offset, tensor.sizeBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: tensor.elementCount }, (_, index) => {
    const count = view.getFloat32(index * FLOAT_BYTES, true);
    if (count >= 0 && count < Infinity) return Math.round(count);
    throw misshapen(file, tensor.name, 'counts of at least 0', String(count));
  });
}

function readDatasets(file: GgufFile): readonly string[] {
  const value = file.metadata.get('imatrix.datasets');
  if (value?.kind !== 'array' || value.itemKind !== 'string') {
    throw misshapen(file, 'imatrix.datasets', 'a list of texts', value?.kind ?? 'nothing');
  }
  return Array.from(
    { length: Math.min(value.items.length, MAX_IMATRIX_DATASETS) },
    (_, index) => value.items.at(index) ?? '',
  );
}

/** llama.cpp wants both, as uint32. */
function readCounted(file: GgufFile): number {
  const [chunks, size] = ['imatrix.chunk_count', 'imatrix.chunk_size'].map((key) => {
    const value = file.metadata.get(key);
    if (value?.kind === 'uint32') return value.value;
    throw misshapen(file, key, 'a uint32', value?.kind ?? 'nothing');
  });
  return size === undefined ? 0 : (chunks ?? 0);
}

function misshapen(file: GgufFile, what: string, expected: string, received: string): Error {
  return invalidMatrix(file.name, `${escapeText(what, 80)} should be ${expected}, and is ${received}`, {
    expected,
    received,
  });
}

function tooMany(file: GgufFile, what: string, most: number): Error {
  return invalidMatrix(file.name, `it has more ${what} than any model`, {
    expected: `at most ${most}`,
    received: 'more',
  });
}

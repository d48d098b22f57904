/**
 * Reads the header of a safetensors file and proves that it describes exactly the bytes that follow: no overlap, no hole,
 * data to the last byte. Format: README of huggingface/safetensors, "Format"; rules: `Metadata::validate` there.
 */
import {
  CoreFailure,
  compareCodeUnits,
  escapeText,
  messageOf,
  parseJsonTree,
  type ByteSource,
  type JsonObject,
  type JsonTree,
  type JsonTreeObject,
} from '../core/index.ts';
import { HfFailure } from './error.ts';
import { HeaderBudget } from './header-budget.ts';
import { MAX_DIRECTORY_TENSORS, MAX_SAFETENSORS_HEADER_BYTES, MAX_SAFETENSORS_VALUES } from './limits.ts';
import { SAFETENSORS_DTYPE_BITS } from './safetensors-dtypes.ts';
import type { SafetensorsHeader, SafetensorsTensor } from './types.ts';

const LENGTH_BYTES = 8;
const OPENING_BRACE = 0x7b;

export interface ParseSafetensorsOptions {
  /** Shared by the files of one directory; what this header takes is taken from it. */
  readonly budget?: HeaderBudget;
}

/**
 * Throws `HF_SAFETENSORS_INVALID`, `HF_SAFETENSORS_LIMIT`, or `CORE_SOURCE_SHORT` where the source became shorter
 * meanwhile.
 */
export async function parseSafetensorsHeader(
  source: ByteSource,
  { budget = new HeaderBudget() }: ParseSafetensorsOptions = {},
): Promise<SafetensorsHeader> {
  const headerBytes = await readHeader(source, budget);
  const tree = parseHeader(headerBytes, source.name);
  const metadata = new Map<string, string>();
  const tensors: SafetensorsTensor[] = [];
  for (const [name, value] of tree) {
    if (name === '__metadata__') {
      readMetadata(value, metadata, source.name);
    } else {
      tensors.push(toTensor(name, value, source.name));
    }
  }
  if (tensors.length > budget.tensors) {
    throw limit(source.name, {
      expected: `at most ${MAX_DIRECTORY_TENSORS} tensors in a directory`,
      received: `${tensors.length}, where ${budget.tensors} are left`,
    });
  }
  budget.spend({ bytes: headerBytes.length, tensors: tensors.length });
  // An empty tensor may share its offset with the one that follows: the shorter comes first.
  tensors.sort(
    (a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes || compareCodeUnits(a.name, b.name),
  );
  const dataOffset = LENGTH_BYTES + headerBytes.length;
  assertCovered(tensors, source.sizeBytes - dataOffset, source.name);
  return { tensors, metadata, dataOffset };
}

/** "8 bytes: N, an unsigned little-endian 64-bit integer, containing the size of the header." */
async function readHeader(source: ByteSource, budget: HeaderBudget): Promise<Uint8Array> {
  if (source.sizeBytes < LENGTH_BYTES) {
    throw invalid(source.name, 'it is too short to hold the length of its header', {
      expected: `at least ${LENGTH_BYTES} bytes`,
      received: `${source.sizeBytes} bytes`,
    });
  }
  const head = await source.read(0, LENGTH_BYTES);
  const length = new DataView(head.buffer, head.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(source.sizeBytes - LENGTH_BYTES)) {
    throw invalid(source.name, 'its header claims to be longer than the file', {
      expected: `at most ${source.sizeBytes - LENGTH_BYTES} bytes`,
      received: `${length} bytes`,
    });
  }
  const sizeBytes = Number(length);
  const max = Math.min(MAX_SAFETENSORS_HEADER_BYTES, budget.bytes);
  if (sizeBytes > max)
    throw limit(source.name, { expected: `at most ${max} bytes`, received: `${sizeBytes} bytes` });
  return source.read(LENGTH_BYTES, sizeBytes);
}

/** "The header data MUST begin with a { character (0x7B). […] Duplicate keys are disallowed." */
function parseHeader(bytes: Uint8Array, name: string): JsonTreeObject {
  if (bytes[0] !== OPENING_BRACE) {
    throw invalid(name, 'its header does not begin with "{"', {
      expected: 'byte 0x7b at offset 8',
      received: bytes[0] === undefined ? 'an empty header' : `0x${bytes[0].toString(16).padStart(2, '0')}`,
    });
  }
  try {
    const tree = parseJsonTree(bytes, {
      name: 'its header',
      maxBytes: MAX_SAFETENSORS_HEADER_BYTES,
      maxDepth: 4,
      maxValues: MAX_SAFETENSORS_VALUES,
    });
    // The first byte is "{", so this is an object or it did not parse.
    return tree as JsonTreeObject;
  } catch (cause) {
    if (cause instanceof CoreFailure && cause.code === 'CORE_JSON_LIMIT')
      throw limit(name, cause.details, cause);
    throw invalid(name, messageOf(cause).replace(/\.$/, ''), {}, cause);
  }
}

/** "A special key __metadata__ is allowed to contain free form string-to-string map." */
function readMetadata(value: JsonTree, metadata: Map<string, string>, name: string): void {
  const entries = value instanceof Map ? [...value] : null;
  if (entries === null) throw invalid(name, '__metadata__ is not an object');
  for (const [key, text] of entries) {
    if (typeof text !== 'string') {
      throw invalid(name, `__metadata__ holds something that is not text under "${escapeText(key, 60)}"`);
    }
    metadata.set(key, text);
  }
}

function toTensor(name: string, value: JsonTree, file: string): SafetensorsTensor {
  const what = `tensor "${escapeText(name, 120)}"`;
  if (!(value instanceof Map)) throw invalid(file, `${what} is not described by an object`);
  const dtype = value.get('dtype');
  const bits = typeof dtype === 'string' ? SAFETENSORS_DTYPE_BITS.get(dtype) : undefined;
  if (typeof dtype !== 'string' || bits === undefined) {
    throw invalid(file, `${what} has an unknown dtype`, {
      expected: [...SAFETENSORS_DTYPE_BITS.keys()].join(' '),
      received: typeof dtype === 'string' ? escapeText(dtype, 60) : 'no text',
    });
  }
  const shape = toCounts(value.get('shape'));
  if (shape === null) throw invalid(file, `${what} has a shape that is not a list of whole numbers`);
  const offsets = toCounts(value.get('data_offsets'));
  const [begin, end] = offsets ?? [];
  if (offsets?.length !== 2 || begin === undefined || end === undefined || end < begin) {
    throw invalid(file, `${what} has data_offsets that are not [begin, end]`);
  }
  const elementCount = multiply(shape, Number.MAX_SAFE_INTEGER / bits);
  if (elementCount === null) throw invalid(file, `${what} has more elements than can be counted`);
  // Types below 8 bits are packed, and a tensor is a whole number of bytes.
  const needed = (elementCount * bits) / 8;
  if (end - begin !== needed) {
    throw invalid(file, `${what} does not have the size that its dtype and shape need`, {
      expected: `${needed} bytes (${dtype} [${shape.join(', ')}])`,
      received: `${end - begin} bytes (${begin} to ${end})`,
    });
  }
  return { name, dtype, shape, elementCount, offset: begin, sizeBytes: end - begin };
}

function toCounts(value: JsonTree | undefined): number[] | null {
  if (!Array.isArray(value)) return null;
  const counts = value.filter((item): item is number => Number.isSafeInteger(item) && (item as number) >= 0);
  return counts.length === value.length ? counts : null;
}

function multiply(shape: readonly number[], max: number): number | null {
  let product = 1;
  for (const dim of shape) {
    product *= dim;
    if (product > max) return null;
  }
  return product;
}

/** "The byte buffer needs to be entirely indexed, and cannot contain holes." */
function assertCovered(tensors: readonly SafetensorsTensor[], dataBytes: number, file: string): void {
  let end = 0;
  for (const tensor of tensors) {
    if (tensor.offset !== end) {
      const fault = tensor.offset < end ? 'overlaps the one before it' : 'leaves a hole before it';
      throw invalid(file, `tensor "${escapeText(tensor.name, 120)}" ${fault}`, {
        expected: `data from ${end}`,
        received: `data from ${tensor.offset}`,
      });
    }
    end += tensor.sizeBytes;
  }
  if (end !== dataBytes) {
    throw invalid(file, end > dataBytes ? 'its data end too early' : 'bytes follow the last tensor', {
      expected: `${end} bytes of data`,
      received: `${dataBytes} bytes of data`,
    });
  }
}

function limit(file: string, details: JsonObject, cause?: unknown): HfFailure {
  return new HfFailure(
    'HF_SAFETENSORS_LIMIT',
    `The header of ${file} is larger, or nested deeper, than that of any model.`,
    {
      details: { file, ...details },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

function invalid(file: string, what: string, details: JsonObject = {}, cause?: unknown): HfFailure {
  return new HfFailure('HF_SAFETENSORS_INVALID', `${file} is no sound safetensors file: ${what}.`, {
    details: { file, ...details },
    ...(cause === undefined ? {} : { cause }),
  });
}

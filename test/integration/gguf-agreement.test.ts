/** Our rules beside llama.cpp's own reader: what we refuse in its name it refuses, and what is policy it takes. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure, memorySource } from '../../src/core/index.ts';
import { readAndCheckGguf } from '../../src/gguf/index.ts';
import { RawGguf, rawModel } from '../fixtures/raw-gguf.ts';

const READER = fileURLToPath(new URL('../fixtures/gguf-reader.mjs', import.meta.url));
const LIBRARY = findLibrary();

const key = () => new RawGguf().header({ keys: 1 });
const two = (first: number, second: number) =>
  rawModel([
    { name: 'a', offset: first, dims: [30], dataBytes: 256 },
    { name: 'b', offset: second, dataBytes: 0 },
  ]);
const one = (info: Parameters<RawGguf['tensor']>[0]) => rawModel([{ ...info, dataBytes: 256 }]);

/** What both refuse, by our code. */
const REFUSED: readonly (readonly [code: string, raw: RawGguf])[] = [
  ['GGUF_MAGIC_INVALID', new RawGguf().ascii('GGML').zeros(60)],
  ['GGUF_VERSION_UNSUPPORTED', new RawGguf().header({ version: 1 }).zeros(60)],
  ['GGUF_VERSION_UNSUPPORTED', new RawGguf().header({ version: 4 }).zeros(60)],
  ['GGUF_BYTE_ORDER', new RawGguf().header({ version: 0x03000000 }).zeros(60)],
  ['GGUF_TRUNCATED', key().string('key').u32(4).u8(0)],
  ['GGUF_COUNT_IMPOSSIBLE', new RawGguf().header({ keys: 9 }).zeros(60)],
  ['GGUF_COUNT_IMPOSSIBLE', new RawGguf().header({ tensors: 1n << 63n }).zeros(60)],
  [
    'GGUF_LENGTH_IMPOSSIBLE',
    key()
      .string('k')
      .u32(8)
      .u64(2 ** 40)
      .zeros(60),
  ],
  [
    'GGUF_LENGTH_IMPOSSIBLE',
    key()
      .string('k')
      .u32(9)
      .u32(10)
      .u64(1n << 61n)
      .zeros(60),
  ],
  ['GGUF_KEY_INVALID', key().text('', 'value')],
  ['GGUF_KEY_DUPLICATE', new RawGguf().header({ keys: 2 }).architecture().architecture()],
  ['GGUF_VALUE_TYPE_UNKNOWN', key().string('k').u32(13).zeros(60)],
  ['GGUF_NESTED_ARRAY', new RawGguf().header({ keys: 2 }).architecture().string('k').u32(9).u32(9).u64(0)],
  ['GGUF_ALIGNMENT_INVALID', key().string('general.alignment').u32(4).u32(24)],
  ['GGUF_ALIGNMENT_INVALID', key().string('general.alignment').u32(5).u32(32)],
  ['GGUF_TENSOR_NAME_INVALID', one({ name: 'n'.repeat(64) })],
  ['GGUF_TENSOR_DUPLICATE', rawModel([{ dataBytes: 128 }, { offset: 128, dataBytes: 128 }])],
  ['GGUF_DIMENSION_COUNT', one({ dims: [1, 1, 1, 1, 1] })],
  ['GGUF_DIMENSION_NEGATIVE', one({ dims: [1n << 63n] })],
  ['GGUF_DIMENSIONS_OVERFLOW', one({ dims: [3n << 31n, 3n << 31n] })],
  ['GGUF_TENSOR_TYPE_UNKNOWN', one({ type: 43 })],
  ['GGUF_TENSOR_TYPE_REMOVED', one({ type: 4 })],
  ['GGUF_TENSOR_TYPE_REMOVED', one({ type: 31 })],
  ['GGUF_ROW_NOT_BLOCKS', one({ type: 2, dims: [48] })],
  ['GGUF_TENSOR_MISALIGNED', two(0, 120)],
  ['GGUF_TENSOR_ORDER', two(128, 0)],
  ['GGUF_TENSOR_OVERLAP', two(0, 96)],
  ['GGUF_TENSOR_HOLE', two(0, 160)],
];

/** What its reader takes: ours too, or by policy or specification not, or because it misreads it. */
const TAKEN: readonly (readonly [code: string | null, raw: RawGguf])[] = [
  [null, one({ dims: [64] })],
  [null, one({ name: 'n'.repeat(63), dims: [64] })],
  [null, rawModel([{ dims: [], dataBytes: 4 }])],
  [null, rawModel([{ type: 40, dims: [64], dataBytes: 36 }])],
  [null, rawModel([{ type: 42, dims: [64], dataBytes: 18 }])],
  // In 64 bits the product is 0: an empty tensor to the reader.
  ['GGUF_DIMENSIONS_OVERFLOW', one({ dims: [1n << 32n, 1n << 32n] })],
  ['GGUF_TRAILING_BYTES', one({ dims: [64] }).u8(1)],
  ['GGUF_TENSOR_EMPTY', rawModel([{ dims: [32, 0], dataBytes: 0 }])],
  ['GGUF_NO_TENSORS', key().architecture()],
  ['GGUF_BOOL_INVALID', key().string('k').u32(7).u8(2)],
  ['GGUF_ALIGNMENT_INVALID', key().string('general.alignment').u32(4).u32(4)],
];

describe.skipIf(LIBRARY === null)('llama.cpp and checkGguf', () => {
  let folder = '';
  let taken: boolean[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'milton-gguf-'));
    const paths: string[] = [];
    for (const [index, [, raw]] of [...REFUSED, ...TAKEN].entries()) {
      paths.push(join(folder, `${index}.gguf`));
      await writeFile(paths[index] ?? '', raw.bytes());
    }
    const { stdout } = await promisify(execFile)(process.execPath, [READER, LIBRARY ?? '', ...paths], {
      timeout: 30_000,
    });
    taken = JSON.parse(stdout) as boolean[];
  }, 60_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it.each(REFUSED.map(([code], index) => [code, index] as const))(
    'both refuse %s (%i)',
    async (code, index) => {
      expect(await codeOf(REFUSED[index]?.[1])).toBe(code);
      expect(taken[index]).toBe(false);
    },
  );

  it.each(TAKEN.map(([code], index) => [code, index] as const))(
    'its reader takes what we answer with %s (%i)',
    async (code, index) => {
      expect(await codeOf(TAKEN[index]?.[1])).toBe(code);
      expect(taken[REFUSED.length + index]).toBe(true);
    },
  );
});

async function codeOf(raw: RawGguf | undefined): Promise<string | null> {
  const outcome: unknown = await readAndCheckGguf(memorySource(raw?.bytes() ?? new Uint8Array())).catch(
    (error: unknown) => error,
  );
  return outcome instanceof Failure ? outcome.code : null;
}

/** The library of the prebuilt engine, where this system has one. */
function findLibrary(): string | null {
  const system = `${process.platform === 'darwin' ? 'mac' : process.platform}-${process.arch}`;
  const suffix = process.platform === 'darwin' ? 'dylib' : 'so';
  try {
    const entry = createRequire(import.meta.url).resolve('node-llama-cpp');
    const modules = entry.slice(0, entry.lastIndexOf('node_modules') + 'node_modules'.length);
    const path = join(modules, '@node-llama-cpp', system, 'bins', system, `libggml-base.${suffix}`);
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/**
 * Headers as large as we take them, of every kind that costs more than its bytes: the whole process stays within 200 MB,
 * and within 2 s of processor time. The largest header of an honest model passes beside them.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GgufModel } from '../../src/gguf/index.ts';
import { writeShards } from '../fakes/split-model.ts';
import { BOUNDS, costOfMilton } from '../fixtures/cost-of-command.ts';
import { RawGguf } from '../fixtures/raw-gguf.ts';

/** The limit on headers is 32 MiB. */
const MOST_BYTES = 33_500_000;
const MOST_KEYS = 8192;
const MOST_TENSORS = 131_072;
const MOST_SHARDS = 1024;
const MOST_TOKENS = 1_048_576;

const UINT8 = 0;
const FLOAT32 = 6;
const STRING = 8;
const ARRAY = 9;

const start = (keys: number, tensors = 0) => new RawGguf().header({ keys: keys + 1, tensors }).architecture();
const list = (raw: RawGguf, key: string, kind: number, count: number) =>
  raw.string(key).u32(ARRAY).u32(kind).u64(count);
const each = (count: number, add: (index: number) => unknown): void => {
  for (let index = 0; index < count; index += 1) add(index);
};

const texts = (count: number, text: (index: number) => string): Uint8Array => {
  const strings = new RawGguf();
  each(count, (index) => strings.string(text(index)));
  return strings.bytes();
};

function keys(count: number, name: (index: number) => string, value: (raw: RawGguf) => unknown): RawGguf {
  const raw = start(count);
  each(count, (index) => value(raw.string(name(index))));
  return raw;
}

function tensors(count: number, name: (index: number) => string, dims: number[]): RawGguf {
  const raw = start(0, count);
  each(count, (index) => raw.tensor({ name: name(index), dims, offset: index * 32 }));
  return raw.pad().zeros(count * 32);
}

const manyTensors = (count: number): GgufModel => ({
  metadata: [['general.architecture', { kind: 'string', value: 'llama' }]],
  tensors: Array.from({ length: count }, (_, index) => ({
    name: `t${index}`,
    dims: [8],
    type: 'F32',
    data: new Uint8Array(32),
  })),
});

const NO_TENSORS = 'GGUF_NO_TENSORS';

const HOSTILE: readonly (readonly [what: string, code: string, make: () => RawGguf])[] = [
  [
    'empty strings',
    NO_TENSORS,
    () => list(start(1), 'k', STRING, MOST_BYTES / 8 - 20).zeros(MOST_BYTES - 160),
  ],
  [
    'strings of one byte',
    NO_TENSORS,
    () => list(start(1), 'k', STRING, 3_600_000).raw(Buffer.from('\u0001\0\0\0\0\0\0\0a'.repeat(3_600_000))),
  ],
  [
    'one list of bytes',
    NO_TENSORS,
    () => list(start(1), 'k', UINT8, MOST_BYTES - 100).zeros(MOST_BYTES - 100),
  ],
  [
    'one text in two-byte characters',
    NO_TENSORS,
    () => start(1).text('k', `\u6f22${'a'.repeat(MOST_BYTES - 100)}`),
  ],
  [
    'five hundred texts in two-byte characters',
    NO_TENSORS,
    () =>
      keys(
        500,
        (index) => `k${index}`,
        (raw) => raw.u32(STRING).string(`\u6f22${'a'.repeat(66_000)}`),
      ),
  ],
  [
    'a million tokens, the last one twice',
    'GGUF_VOCABULARY_INVALID',
    () => {
      const raw = list(start(1), 'tokenizer.ggml.tokens', STRING, MOST_TOKENS);
      return raw.raw(texts(MOST_TOKENS, (index) => `token ${Math.min(index, MOST_TOKENS - 2)}`));
    },
  ],
  [
    'long keys',
    NO_TENSORS,
    () =>
      keys(
        MOST_KEYS - 1,
        (index) => String(index).padStart(4000, 'k'),
        (raw) => raw.u32(UINT8).u8(1),
      ),
  ],
  [
    'lists of strings under every key',
    NO_TENSORS,
    () =>
      keys(
        MOST_KEYS - 1,
        (index) => `k${index}`,
        (raw) => raw.u32(ARRAY).u32(STRING).u64(500).zeros(4000),
      ),
  ],
  [
    'lists in a list',
    'GGUF_NESTED_ARRAY',
    () => {
      const raw = list(start(1), 'k', ARRAY, 4000);
      each(4000, () => raw.u32(STRING).u64(1000).zeros(8000));
      return raw;
    },
  ],
  [
    'tensors with names in two-byte characters',
    'GGUF_TENSOR_NAME_INVALID',
    () => tensors(MOST_TENSORS, (index) => `\u6f22${String(index).padStart(180, 't')}`, [8, 1, 1, 1]),
  ],
  [
    'one key more',
    'GGUF_LIMIT_EXCEEDED',
    () =>
      keys(
        MOST_KEYS,
        (index) => `k${index}`,
        (raw) => raw.u32(UINT8).u8(1),
      ),
  ],
  ['one tensor more', 'GGUF_LIMIT_EXCEEDED', () => tensors(MOST_TENSORS + 1, (index) => `t${index}`, [8])],
];

const HONEST: readonly (readonly [what: string, make: () => RawGguf])[] = [
  ['131,072 tensors', () => tensors(MOST_TENSORS, (index) => String(index).padStart(63, 't'), [8, 1, 1, 1])],
  [
    'a vocabulary of 256k with 500k merges',
    () => {
      const raw = start(3, 1);
      list(raw, 'tokenizer.ggml.tokens', STRING, 262_144).raw(texts(262_144, (index) => `token${index}`));
      list(raw, 'tokenizer.ggml.merges', STRING, 514_906).raw(texts(514_906, (index) => `mer ge${index}`));
      list(raw, 'tokenizer.ggml.scores', FLOAT32, 262_144).zeros(4 * 262_144);
      return raw.tensor().pad().zeros(128);
    },
  ],
];

describe.skipIf(process.platform !== 'linux')('milton gguf check, of a header at its limits', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'milton-limits-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const check = async (raw: RawGguf) => {
    const path = join(folder, 'model.gguf');
    await writeFile(path, raw.bytes());
    return costOfMilton(['gguf', 'check', path]);
  };

  it.each(HOSTILE)('of %s: answers %s within 200 MB and 2 s', async (_what, code, make) => {
    const cost = await check(make());
    expect(cost).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(new RegExp(`^error ${code}:`)) });
    expect(cost.peakBytes).toBeLessThan(BOUNDS.peakBytes);
    expect(cost.cpuMs).toBeLessThan(BOUNDS.cpuMs);
  });

  it('of as many shards as a model can have: takes them within the same bounds', async () => {
    const shards = join(folder, 'shards');
    await mkdir(shards);
    await writeShards(shards, 'm', { model: manyTensors(MOST_SHARDS), count: MOST_SHARDS });
    const cost = await costOfMilton(['gguf', 'check', shards]);
    expect(cost).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^sound /) });
    expect(cost.peakBytes).toBeLessThan(BOUNDS.peakBytes);
    expect(cost.cpuMs).toBeLessThan(BOUNDS.cpuMs);
  });

  it.each(HONEST)('of %s: takes it within the same bounds', async (_what, make) => {
    const cost = await check(make());
    expect(cost).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^sound /) });
    expect(cost.peakBytes).toBeLessThan(BOUNDS.peakBytes);
    expect(cost.cpuMs).toBeLessThan(BOUNDS.cpuMs);
  });
});

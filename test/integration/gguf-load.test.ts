/** What the writer writes is what llama.cpp loads: the only proof that counts. */
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../src/core/index.ts';
import {
  ggufBytes,
  largeSampleModel,
  readAndCheckGguf,
  sampleModel,
  writeGguf,
  type GgufModel,
  type SampleModelOptions,
} from '../../src/gguf/index.ts';
import { SMALL_SHAPE, writeShards } from '../fakes/split-model.ts';

const LOADER = fileURLToPath(new URL('../fixtures/gguf-load.mjs', import.meta.url));
const TIMEOUT_MS = 60_000;

interface Loaded {
  readonly text: string;
  readonly prompt: string;
  readonly tokens: readonly number[];
  readonly vocabularySize: number;
  readonly finiteLogits: number;
  readonly distinctLogits: number;
  readonly bos: number;
  readonly eos: number;
  readonly chatTemplate: string | null;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-gguf-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a file written by writeGguf', () => {
  it.each(['F32', 'F16', 'Q8_0', 'Q4_0'] as const)(
    'as %s is loaded by llama.cpp and generates',
    async (type) => {
      const loaded = await load(sampleModel({ type, seed: 7 }));
      expect(loaded.tokens).toHaveLength(4);
      expect(loaded.vocabularySize).toBe(1024);
      expect(loaded.finiteLogits).toBe(1024);
      expect(loaded.distinctLogits).toBeGreaterThan(500);
      expect([loaded.bos, loaded.eos]).toEqual([1, 2]);
      expect(loaded.prompt).toContain('bada luka 1 + 1');
      expect(loaded.chatTemplate).toContain('bos_token');
    },
    TIMEOUT_MS,
  );

  it(
    'of version 2 and with another alignment is loaded too',
    async () => {
      const loaded = await load({ ...sampleModel({ blockCount: 1 }), version: 2, alignment: 64 });
      expect(loaded.tokens).toHaveLength(4);
    },
    TIMEOUT_MS,
  );
});

describe('the shards of a split model', () => {
  it.each([
    ['with tensors in every shard', false],
    ['with metadata alone in the first', true],
  ])(
    '%s are loaded by llama.cpp from the first, and generate what the whole model does',
    async (_what, withoutTensorsFirst) => {
      const model = sampleModel(SMALL_SHAPE);
      const whole = await load(model);
      const [first = ''] = await writeShards(folder, 'split', { model, withoutTensorsFirst });
      const loaded = await run(join(folder, first));
      expect(loaded).toMatchObject({ tokens: whole.tokens, distinctLogits: whole.distinctLogits });
    },
    TIMEOUT_MS,
  );
});

describe('sampleModel', () => {
  it.each([
    ['nan-logits', 0, 0],
    ['flat-logits', 1024, 1],
  ] as const)(
    'poisoned with %s loads, and computes logits that a load test must refuse',
    async (poison, finite, distinct) => {
      const loaded = await load(sampleModel({ poison } satisfies SampleModelOptions));
      expect(loaded.finiteLogits).toBe(finite);
      expect(loaded.distinctLogits).toBe(distinct);
    },
    TIMEOUT_MS,
  );
});

describe('largeSampleModel', () => {
  it(
    'of 24 MB is loaded by llama.cpp and computes finite logits',
    async () => {
      const loaded = await load(largeSampleModel({ sizeBytes: 24_000_000 }));
      expect(loaded.finiteLogits).toBe(4096);
      expect(loaded.distinctLogits).toBeGreaterThan(2000);
    },
    TIMEOUT_MS,
  );
});

describe('llama.cpp and checkGguf', () => {
  it(
    'both refuse a file whose last tensor misses a byte',
    async () => {
      const bytes = await ggufBytes(sampleModel());
      const cut = bytes.subarray(0, bytes.length - 33);
      await expect(readAndCheckGguf(memorySource(cut))).rejects.toMatchObject({
        code: 'GGUF_DATA_INCOMPLETE',
      });
      const path = join(folder, 'cut.gguf');
      await writeBytes(path, cut);
      await expect(run(path)).rejects.toThrow();
    },
    TIMEOUT_MS,
  );
});

async function load(model: GgufModel): Promise<Loaded> {
  const path = join(folder, 'model.gguf');
  const file = await open(path, 'w');
  try {
    await writeGguf(model, {
      write: async (bytes) => {
        await file.write(bytes);
      },
    });
  } finally {
    await file.close();
  }
  return run(path);
}

async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  await file.write(bytes);
  await file.close();
}

async function run(path: string): Promise<Loaded> {
  const { stdout } = await promisify(execFile)(process.execPath, [LOADER, path], { timeout: 30_000 });
  return JSON.parse(stdout) as Loaded;
}

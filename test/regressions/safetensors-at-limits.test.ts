/**
 * Directories with headers as large as we take them: the whole process stays within 200 MB, and within 2 s of processor
 * time; the largest honest directory passes beside them.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOUNDS, costOfMilton } from '../fixtures/cost-of-command.ts';
import { rawSafetensors, writeHfDirectory } from '../fakes/hf-directory.ts';

type Files = Readonly<Record<string, string | Uint8Array | null>>;

const MOST_BYTES = 16 * 1024 * 1024;
const PER_FILE = 32_768;

const text = (character: string, bytes: number): Uint8Array => {
  const start = `{"__metadata__":{"a":"\u6f22`;
  const count = Math.floor((bytes - Buffer.byteLength(start) - 3) / character.length);
  return rawSafetensors(`${start}${character.repeat(count)}"}}`, 0);
};

/** A shard with tensors of one byte, numbered from `from`. */
const shard = (from: number, count: number, name: (index: number) => string): Uint8Array => {
  const entries = Array.from(
    { length: count },
    (_, index) =>
      `"${name(from + index)}":{"dtype":"U8","shape":[1,1],"data_offsets":[${index},${index + 1}]}`,
  );
  return rawSafetensors(`{${entries.join()}}`, count);
};

const experts = (index: number): string =>
  `model.layers.${index % 61}.mlp.experts.${index}.down_proj.weight_scale_inv`;

function sharded(count: number, name: (index: number) => string): Files {
  const files: Record<string, string | Uint8Array | null> = { 'model.safetensors': null };
  const weightMap: Record<string, string> = {};
  for (let no = 0; no < count; no += 1) {
    const file = `model-0000${no + 1}-of-0000${count}.safetensors`;
    files[file] = shard(no * PER_FILE, PER_FILE, name);
    for (let index = 0; index < PER_FILE; index += 1) weightMap[name(no * PER_FILE + index)] = file;
  }
  return {
    ...files,
    'model.safetensors.index.json': JSON.stringify({ metadata: {}, weight_map: weightMap }),
  };
}

const CASES: readonly (readonly [what: string, code: string | null, files: () => Files])[] = [
  ['two-byte characters', null, () => ({ 'model.safetensors': text('x', MOST_BYTES) })],
  ['escapes', null, () => ({ 'model.safetensors': text('\\u6f22', MOST_BYTES) })],
  [
    'two files of two-byte characters',
    null,
    () => ({ 'model.safetensors': text('x', MOST_BYTES), 'b.safetensors': text('x', MOST_BYTES) }),
  ],
  [
    'a file too many',
    'HF_SAFETENSORS_LIMIT',
    () => Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}.safetensors`, text('x', MOST_BYTES)])),
  ],
  [
    'lists',
    'HF_SAFETENSORS_LIMIT',
    () => ({ 'model.safetensors': rawSafetensors(`{"a":[${'[],'.repeat(5_000_000)}0]}`, 0) }),
  ],
  ['65,536 tensors of the longest honest names', null, () => sharded(2, experts)],
  [
    '65,536 tensors, and an index, in two-byte characters',
    null,
    () => sharded(2, (index) => `\u6f22.layers.${index}`),
  ],
  ['98,304 tensors', 'HF_SAFETENSORS_LIMIT', () => sharded(3, (index) => `t.${index}`)],
];

describe.skipIf(process.platform !== 'linux')(
  'milton models register --hf, of headers at their limits',
  () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'milton-limits-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it.each(CASES)('%s: answers %s within 200 MB and 2 s', async (_what, code, files) => {
      const directory = join(folder, 'hf');
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory);
      await writeHfDirectory(directory, files());
      const cost = await costOfMilton(['models', 'register', 'v1', '--hf', directory], {
        MILTON_STATE_DIR: join(folder, 'state'),
      });
      expect(cost).toMatchObject(
        code === null
          ? { exitCode: 0 }
          : { exitCode: 3, stderr: expect.stringMatching(new RegExp(`^error ${code}:`, 'm')) },
      );
      expect(cost.peakBytes).toBeLessThan(BOUNDS.peakBytes);
      expect(cost.cpuMs).toBeLessThan(BOUNDS.cpuMs);
    });
  },
);

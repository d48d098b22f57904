/**
 * Shards that do not make one model: missing, renamed, copied over each other, of another model, or with numbers that
 * cannot be. Each is refused with its own code, and the refusal names the file. The same inside a bundle whose digests are
 * all right, before it goes live and where the load test is skipped.
 */
import { copyFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBundle, openArtifact, type GgufArtifact } from '../../src/bundle/index.ts';
import { ggufBytes, sampleModel, type GgufModel, type GgufValue } from '../../src/gguf/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { SMALL_SHAPE, splitModel, writeShards } from '../fakes/split-model.ts';

const FIRST = 'm-00001-of-00003.gguf';
const SECOND = 'm-00002-of-00003.gguf';
const THIRD = 'm-00003-of-00003.gguf';

const MODEL = sampleModel(SMALL_SHAPE);

/** Writes shard `no` (from 0) of another split over the one in the folder. */
async function plant(folder: string, no: number, shard: GgufModel | undefined): Promise<void> {
  if (shard === undefined) throw new Error('There is no such shard.');
  await writeFile(join(folder, [FIRST, SECOND, THIRD][no] ?? ''), await ggufBytes(shard));
}

function withKeys(shard: GgufModel | undefined, keys: Readonly<Record<string, GgufValue>>): GgufModel {
  if (shard === undefined) throw new Error('There is no such shard.');
  return { ...shard, metadata: new Map([...shard.metadata, ...Object.entries(keys)]) };
}

const uint16 = (value: number): GgufValue => ({ kind: 'uint16', value });
const renamed = (change: (name: string) => string): GgufModel => ({
  ...MODEL,
  tensors: MODEL.tensors.map((tensor) => ({ ...tensor, name: change(tensor.name) })),
});

interface Attack {
  readonly what: string;
  readonly code: string;
  /** The file that the refusal names. */
  readonly file: string;
  readonly change: (folder: string) => Promise<void>;
  /** Only where the folder is looked at as a whole. */
  readonly inFolder?: true;
}

const ATTACKS: readonly Attack[] = [
  {
    what: 'the first is missing',
    code: 'BUNDLE_SHARD_MISSING',
    file: FIRST,
    change: (folder) => rm(join(folder, FIRST)),
  },
  {
    what: 'one is missing',
    code: 'BUNDLE_SHARD_MISSING',
    file: SECOND,
    change: (folder) => rm(join(folder, SECOND)),
  },
  {
    what: 'two are swapped',
    code: 'GGUF_SHARD_MISMATCH',
    file: SECOND,
    change: async (folder) => {
      await rename(join(folder, SECOND), join(folder, 'x'));
      await rename(join(folder, THIRD), join(folder, SECOND));
      await rename(join(folder, 'x'), join(folder, THIRD));
    },
  },
  {
    what: 'one is copied over another',
    code: 'GGUF_SHARD_MISMATCH',
    file: THIRD,
    change: (folder) => copyFile(join(folder, SECOND), join(folder, THIRD)),
  },
  {
    what: 'one repeats the tensors of another under its own number',
    code: 'GGUF_SHARD_DUPLICATE',
    file: THIRD,
    change: (folder) => plant(folder, 2, withKeys(splitModel(MODEL)[1], { 'split.no': uint16(2) })),
  },
  {
    what: 'one is of a split into more',
    code: 'GGUF_SHARD_MISMATCH',
    file: SECOND,
    change: (folder) => plant(folder, 1, splitModel(MODEL, { count: 4 })[1]),
  },
  {
    what: 'one is of a model with another number of tensors',
    code: 'GGUF_SHARD_MISMATCH',
    file: SECOND,
    change: (folder) => plant(folder, 1, splitModel(sampleModel({ ...SMALL_SHAPE, blockCount: 2 }))[1]),
  },
  {
    what: 'one says another sum of tensors than the rest',
    code: 'GGUF_SHARD_MISMATCH',
    file: THIRD,
    change: (folder) => plant(folder, 2, splitModel(MODEL, { claimedTensors: 99 })[2]),
  },
  {
    what: 'one carries another architecture',
    code: 'GGUF_SHARD_FOREIGN',
    file: SECOND,
    change: (folder) =>
      plant(
        folder,
        1,
        withKeys(splitModel(MODEL)[1], { 'general.architecture': { kind: 'string', value: 'gemma' } }),
      ),
  },
  {
    what: 'one has tensors of other names, so that some are missing and none is twice',
    code: 'GGUF_SHARD_FOREIGN',
    file: SECOND,
    change: (folder) => plant(folder, 1, splitModel(renamed((name) => name.replace('blk.0', 'blk.7')))[1]),
  },
  {
    what: 'one is a whole model',
    code: 'GGUF_SHARD_MISMATCH',
    file: SECOND,
    change: (folder) => plant(folder, 1, MODEL),
  },
  {
    what: 'a number is beyond the count',
    code: 'GGUF_SPLIT_INCONSISTENT',
    file: THIRD,
    change: (folder) => plant(folder, 2, withKeys(splitModel(MODEL)[2], { 'split.no': uint16(3) })),
  },
  {
    what: 'the count is zero',
    code: 'GGUF_SHARD_MISMATCH',
    file: FIRST,
    change: (folder) => plant(folder, 0, withKeys(splitModel(MODEL)[0], { 'split.count': uint16(0) })),
  },
  {
    what: 'one is written in other letters',
    code: 'BUNDLE_SHARD_MISSING',
    file: SECOND,
    change: (folder) => rename(join(folder, SECOND), join(folder, SECOND.toUpperCase())),
  },
  {
    what: 'there is one more than there can be',
    code: 'GGUF_SHARD_FOREIGN',
    file: 'm-00004-of-00003.gguf',
    change: (folder) => copyFile(join(folder, THIRD), join(folder, 'm-00004-of-00003.gguf')),
    inFolder: true,
  },
  {
    what: 'there is one of another split of the same name',
    code: 'GGUF_SHARD_FOREIGN',
    file: 'm-00001-of-00004.gguf',
    change: (folder) => copyFile(join(folder, FIRST), join(folder, 'm-00001-of-00004.gguf')),
    inFolder: true,
  },
];

describe('shards on disk', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'milton-split-'));
    await writeShards(folder, 'm', { model: MODEL });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each(ATTACKS)('where $what: $code names $file', async ({ code, file, change, inFolder }) => {
    await change(folder);
    const names = inFolder ? ['.'] : [FIRST, SECOND, THIRD, '.'];
    const present = new Set(['.', ...(await readdir(folder))]);
    for (const name of names.filter((one) => present.has(one))) {
      await expect(openArtifact(join(folder, name), { type: 'gguf' })).rejects.toMatchObject({
        code,
        exitCode: 3,
        message: expect.stringContaining(file),
      });
    }
  });

  it.each([[{ count: 3 }], [{ count: 2 }], [{ count: 3, withoutTensorsFirst: true }]])(
    'are one model where nothing was changed: %j',
    async (options) => {
      const [first = ''] = await writeShards(folder, 'sound', { model: MODEL, ...options });
      await expect(openArtifact(join(folder, first), { type: 'gguf' })).resolves.toMatchObject({
        shardCount: options.count,
        facts: { tensorCount: MODEL.tensors.length },
      });
    },
  );
});

/** Bundles that somebody else packed: every digest is right, and the shards are not one model. */
const FORGED: readonly (readonly [what: string, code: string, file: string, forge: Forge])[] = [
  ['one of three', 'GGUF_SHARD_MISSING', SECOND, ([first]) => [first]],
  ['two of three', 'GGUF_SHARD_MISSING', THIRD, ([first, second]) => [first, second]],
  ['a later one alone', 'GGUF_SHARD_MISSING', FIRST, ([, second]) => [second]],
  [
    'two swapped',
    'GGUF_SHARD_MISMATCH',
    SECOND,
    ([first, second, third]) => [first, as(third, second), as(second, third)],
  ],
  [
    'the first under a name that hides the others',
    'GGUF_SHARD_FOREIGN',
    'model.gguf',
    ([first]) => [first && { ...first, path: 'model/model.gguf' }],
  ],
  [
    'one in another folder, where llama.cpp does not look',
    'GGUF_SHARD_FOREIGN',
    SECOND,
    ([first, second, third]) => [first, third, second && { ...second, path: `model/sub/${SECOND}` }],
  ],
];

type File = GgufArtifact['files'][number];
type Forge = (files: readonly File[]) => readonly (File | undefined)[];

/** The bytes of one file under the name of another. */
function as(file: File | undefined, other: File | undefined): File | undefined {
  return file && other && { ...file, path: other.path };
}

describe('a bundle with right digests', () => {
  let bench: DeployBench;
  beforeEach(async () => {
    bench = await openDeployBench();
    await writeShards(bench.folder, 'm', { model: MODEL });
  });
  afterEach(() => bench.remove());

  it.each(FORGED)('and %s: %s names %s, and nothing goes live', async (_what, code, file, forge) => {
    const input = await bench.input(join(bench.folder, FIRST), 'forged');
    if (input.artifact.type !== 'gguf') throw new Error('The artifact is a GGUF.');
    const files = forge(input.artifact.files).filter((one) => one !== undefined);
    const artifact: GgufArtifact = {
      ...input.artifact,
      files,
      // Those of the first shard, where it is there: whoever forges the rest forges this too.
      chatTemplates:
        files[0]?.absolutePath === input.artifact.files[0]?.absolutePath ? input.artifact.chatTemplates : [],
      shardCount: files.length,
      totalSizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    };
    const { path } = await createBundle({ ...input, artifact, outDir: bench.state.bundlesDir });
    for (const options of [{}, { skipLoadTest: true }, { dryRun: true }]) {
      await expect(bench.deploy(path, options)).rejects.toMatchObject({
        code,
        exitCode: 3,
        message: expect.stringContaining(file),
      });
      await expect(readFile(join(bench.target, 'edge.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });
});

import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import { checkShards, parseShardName, shardName } from '../../../src/gguf/shards.ts';
import type { GgufValue, NamedGguf } from '../../../src/gguf/types.ts';
import { ggufBytes } from '../../../src/gguf/write.ts';

interface Given {
  readonly name?: string;
  readonly no?: number;
  readonly count?: number;
  readonly total?: number;
  readonly tensors?: readonly string[];
  readonly architecture?: string | null;
}

/** Shard `no` (from 0) of three with one tensor each, as llama-gguf-split writes them, but for what is given. */
async function shard(no: number, given: Given = {}): Promise<NamedGguf> {
  const { name = shardName('big', no + 1, 3), count = 3, total = 3, tensors = [`t${no}`] } = given;
  const { architecture = no === 0 ? 'llama' : null } = given;
  const metadata: [string, GgufValue][] = [
    ['split.no', { kind: 'uint16', value: given.no ?? no }],
    ['split.count', { kind: 'uint16', value: count }],
    ['split.tensors.count', { kind: 'int32', value: total }],
  ];
  if (architecture !== null) metadata.push(['general.architecture', { kind: 'string', value: architecture }]);
  const bytes = await ggufBytes({
    metadata,
    tensors: tensors.map((tensor) => ({ name: tensor, dims: [8], type: 'F32', data: new Uint8Array(32) })),
  });
  return { name, file: await parseGguf(memorySource(bytes, name)) };
}

const check = async (...shards: Promise<NamedGguf>[]) => checkShards(await Promise.all(shards));

describe('parseShardName', () => {
  it('reads what shardName writes', () => {
    expect(parseShardName(shardName('my-00001-of-00002', 3, 12))).toEqual({
      stem: 'my-00001-of-00002',
      no: 3,
      count: 12,
    });
  });

  it.each([
    'model.gguf',
    'm-1-of-3.gguf',
    'm-00000-of-00003.gguf',
    'm-00004-of-00003.gguf',
    'm-00001-of-00000.gguf',
    'm-00001-of-99999.gguf',
    '-00001-of-00003.gguf',
    'm-00001-of-00003.gguf.part',
    'm-00001-of-00003.GGUF',
  ])('takes %s for no shard', (name) => {
    expect(parseShardName(name)).toBeNull();
  });
});

describe('checkShards', () => {
  it('accepts all shards in any order', async () => {
    await expect(check(shard(2), shard(0), shard(1))).resolves.toBeUndefined();
  });

  it('accepts a first shard without tensors', async () => {
    await expect(
      check(shard(0, { tensors: [], total: 2 }), shard(1, { total: 2 }), shard(2, { total: 2 })),
    ).resolves.toBeUndefined();
  });

  it('accepts a model split into one file', async () => {
    const only = shard(0, { name: shardName('big', 1, 1), count: 1, total: 1 });
    await expect(check(only)).resolves.toBeUndefined();
  });

  it('names the shard that is missing', async () => {
    await expect(check(shard(0), shard(2))).rejects.toMatchObject({
      code: 'GGUF_SHARD_MISSING',
      message: expect.stringContaining('big-00002-of-00003.gguf is missing'),
      details: { shard: 2, expected: '3 shards', received: '2 shards' },
    });
    await expect(check()).rejects.toMatchObject({ code: 'GGUF_SHARD_MISSING' });
  });

  it.each<[string, Given]>([
    ['not named as one', { name: 'model.gguf' }],
    ['named after another model', { name: shardName('other', 2, 3) }],
    ['named as one of four', { name: shardName('big', 2, 4) }],
    ['of another architecture', { architecture: 'gemma' }],
  ])('refuses a file that is %s', async (_what, given) => {
    await expect(check(shard(0), shard(1, given), shard(2))).rejects.toMatchObject({
      code: 'GGUF_SHARD_FOREIGN',
    });
  });

  it('refuses a shard that is there twice, and a tensor that is in two', async () => {
    await expect(check(shard(0), shard(1), shard(1))).rejects.toMatchObject({
      code: 'GGUF_SHARD_DUPLICATE',
      details: { shard: 2 },
    });
    await expect(check(shard(0), shard(1, { tensors: ['t0'] }), shard(2))).rejects.toMatchObject({
      code: 'GGUF_SHARD_DUPLICATE',
      details: { tensor: 't0' },
    });
  });

  it.each<[string, Given]>([
    ['has changed places', { no: 2 }],
    ['says another count', { count: 4 }],
    ['is no shard inside', { count: 0 }],
    ['says another number of tensors', { total: 4 }],
  ])('refuses a shard that %s', async (_what, given) => {
    await expect(check(shard(0), shard(1, given), shard(2))).rejects.toMatchObject({
      code: 'GGUF_SHARD_MISMATCH',
    });
  });
});

/** A model in shards through every command, loaded by the real engine from its first shard. */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import { hashBytes } from '../../src/system/index.ts';
import { SMALL_SHAPE, writeShards } from '../fakes/split-model.ts';
import { useFolder } from './run-milton.ts';

const place = useFolder();
let folder = '';
let names: readonly string[] = [];
let target = '';

beforeAll(async () => {
  folder = join(place.folder, 'split');
  target = join(place.folder, 'srv/llm');
  await mkdir(folder);
  await mkdir(join(place.folder, 'srv'));
  names = await writeShards(folder, 'big');
  await writeFile(join(place.folder, 'whole.gguf'), await ggufBytes(sampleModel(SMALL_SHAPE)));
});

const shard = (no: number): string => join(folder, names[no] ?? '');

describe('a split model', () => {
  it('is sound from any shard and from its folder, and one artifact', async () => {
    for (const path of [shard(0), shard(2), folder]) {
      const { exitCode, json } = await place.document('gguf', 'check', path);
      expect({ exitCode, json }).toMatchObject({ exitCode: 0, json: { file: shard(0) } });
    }
  });

  it('is registered from any shard and from its folder, by its first shard', async () => {
    for (const [version, path] of [
      ['last', shard(2)],
      ['folder', folder],
    ] as const) {
      const { exitCode, stderr } = await place.milton('models', 'register', version, '--gguf', path);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      const { json } = await place.document('models', 'show', version);
      expect(JSON.stringify(json)).toContain(JSON.stringify(shard(0)));
    }
  });

  it('is packed whole: every shard in the manifest, in SHA256SUMS, and as tar gives it back', async () => {
    const out = join(place.folder, 'out');
    const args = ['--model', shard(1), '--version', 'v1', '--out', out];
    const { exitCode, json } = await place.document('bundle', 'create', ...args);
    expect(exitCode).toBe(0);
    const bundle = String(json['path']);
    expect((await place.milton('bundle', 'verify', bundle)).exitCode).toBe(0);
    execFileSync('tar', ['xzf', bundle, '-C', out]);
    const top = join(out, String(json['bundle_id']));
    const checked = execFileSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: top }).toString();
    const manifest = JSON.parse(await readFile(join(top, 'manifest.json'), 'utf8')) as Record<string, object>;
    for (const name of names) {
      expect(checked).toContain(`model/${name}: OK`);
      expect(manifest['files']).toHaveProperty(
        [`model/${name}`],
        hashBytes(await readFile(join(folder, name))),
      );
    }
    expect(JSON.parse(await readFile(join(top, 'edge.json'), 'utf8'))).toMatchObject({
      artifact: { shards: 3 },
    });
  });

  it('goes live load-tested from its first shard, is gone back to, and is what status shows', async () => {
    const deploy = (...args: string[]) => place.document('deploy', '--target-path', target, ...args);
    const bundles = join(place.folder, 'out');
    const [name = ''] = (await readdir(bundles)).filter((one) => one.endsWith('.tar.gz'));
    const first = await deploy('--bundle', join(bundles, name));
    expect(first).toMatchObject({
      exitCode: 0,
      json: { ok: true, model_version: 'v1', load_test_passed: true, checksum_verified: true },
    });
    expect((await readdir(join(target, 'model'))).toSorted()).toEqual(names);
    // Shards find each other by their names: there is no second name, and the server is told of the first shard.
    expect(await readdir(target)).not.toContain('model.gguf');
    const env = await readFile(join(target, 'model.env'), 'utf8');
    expect(env).toMatch(new RegExp(`^MILTON_MODEL="/.*/model/${names[0] ?? ''}"$`, 'm'));

    const whole = join(place.folder, 'whole.gguf');
    const packed = await place.document('bundle', 'create', '--model', whole, '--version', 'v2');
    expect((await deploy('--bundle', String(packed.json['path']), '--skip-load-test')).exitCode).toBe(0);
    expect(await readdir(target)).toContain('model.gguf');
    const back = await place.document('rollback', '--target-path', target);
    expect(back).toMatchObject({ exitCode: 0, json: { model_version: 'v1', load_test_passed: true } });
    const status = await place.milton('status', '--target-path', target);
    expect(status).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('v1') });
  });
});

describe('a split model whose shards do not fit together', () => {
  it('is refused by every command that opens it, by the name of the shard', async () => {
    const broken = join(place.folder, 'broken');
    await mkdir(broken);
    await writeShards(broken, 'big');
    await rename(join(broken, names[1] ?? ''), join(broken, 'x'));
    await rename(join(broken, names[2] ?? ''), join(broken, names[1] ?? ''));
    await rename(join(broken, 'x'), join(broken, names[2] ?? ''));
    const path = join(broken, names[0] ?? '');
    for (const args of [
      ['gguf', 'check', path],
      ['gguf', 'check', broken],
      ['models', 'register', 'broken', '--gguf', path],
      ['bundle', 'create', '--model', path, '--version', 'v9'],
    ]) {
      const { exitCode, stderr } = await place.milton(...args);
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(new RegExp(`^error GGUF_SHARD_MISMATCH: .*${names[1] ?? ''}`, 'm'));
    }
  });
});

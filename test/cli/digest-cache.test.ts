import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ggufBytes, shardName, type SampleModelOptions } from '../../src/gguf/index.ts';
import { fileIdentity, openDigestCache, systemClock } from '../../src/system/index.ts';
import { skipLoudly } from '../integration/system-child.ts';
import { noise } from '../unit/bundle/bundle-fixtures.ts';
import { MAIN, runMiltonHere, type Finished } from './run-milton.ts';
import { candidateOf, runOf, useShop, type Model } from './shop.ts';

/** Large enough to be remembered: 2.4 MB. */
const LARGE: SampleModelOptions = {
  blockCount: 3,
  embeddingLength: 256,
  headCount: 8,
  headCountKv: 4,
  feedForwardLength: 512,
  vocabularySize: 1024,
};
const WRONG = 'c'.repeat(64);
const RUN = '20260111_202801';

const shop = useShop({ run: runMiltonHere });
let a: Model;
let b: Model;

beforeAll(async () => {
  a = await shop.model('a.gguf', LARGE);
  b = await shop.model('b.gguf', { ...LARGE, seed: 2 });
  await settle();
});
beforeEach(async () => {
  await rm(shop.state, { recursive: true, force: true });
  await mkdir(shop.state);
});

/** What was changed within the last two seconds is not remembered. */
const settle = (): Promise<void> => sleep(2100);

const cacheFile = (): string => join(shop.state, 'digests.json');

const register = (version: string, path: string, ...args: string[]) =>
  shop.document('models', 'register', version, '--gguf', path, ...args);

const create = (...args: string[]) => shop.document('bundle', 'create', ...args);

/** Makes the cache say of files what is not so, or no longer so. */
async function poison(sha256: string, ...paths: string[]): Promise<void> {
  const cache = await openDigestCache(cacheFile(), { clock: systemClock });
  for (const path of paths) {
    const identity = await fileIdentity(path);
    if (identity === null) throw new Error(`${path} is missing.`);
    await cache.remember([{ file: { identity, known: null, isSettled: true }, sha256 }]);
  }
}

/** Each large enough to be remembered. */
async function writeShards(folder: string, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => shardName('model', index + 1, count));
  for (const [no, name] of names.entries()) {
    const bytes = await ggufBytes({
      metadata: [
        ...(no === 0 ? ([['general.architecture', { kind: 'string', value: 'llama' }]] as const) : []),
        ['split.no', { kind: 'uint16', value: no }],
        ['split.count', { kind: 'uint16', value: count }],
        ['split.tensors.count', { kind: 'int32', value: count }],
      ],
      tensors: [{ name: `tensor.${no}`, dims: [32, 12_288], type: 'F32', data: noise(32 * 12_288 * 4, no) }],
    });
    await writeFile(join(folder, name), bytes);
  }
  return names;
}

/** A file of the same size with one other byte, under the same name. */
async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.length - 100_000;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** How many bytes of a file the command reads, by what the kernel was asked for. */
async function bytesRead(path: string, ...args: string[]): Promise<{ finished: Finished; count: number }> {
  const traces = join(shop.folder, 'traces');
  await rm(traces, { recursive: true, force: true });
  await mkdir(traces);
  const which = 'trace=read,readv,pread64,preadv,preadv2,mmap,sendfile,copy_file_range';
  const strace = ['-ff', '-y', '-s', '0', '-e', which, '-o', join(traces, 't')];
  const { status, stdout, stderr } = spawnSync('strace', [...strace, process.execPath, MAIN, ...args], {
    encoding: 'utf8',
    env: { ...process.env, MILTON_STATE_DIR: shop.state },
    cwd: shop.folder,
  });
  let count = 0;
  for (const name of await readdir(traces)) {
    for (const line of (await readFile(join(traces, name), 'utf8')).split('\n')) {
      if (!line.includes(`<${path}>`)) continue;
      // Mapping it, or handing it to the kernel, would be reading too.
      count += /^p?read/.test(line) ? Number(/ = (\d+)$/.exec(line)?.[1] ?? 0) : Number.POSITIVE_INFINITY;
    }
  }
  return { finished: { exitCode: status, stdout, stderr }, count };
}

function needStrace(context: Parameters<typeof skipLoudly>[0]): void {
  if (spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status !== 0) {
    skipLoudly(context, 'strace is missing or may not trace here');
  }
}

describe('an unchanged GGUF', () => {
  it('is hashed once by register, and read by no command after it but by packing', async (context) => {
    needStrace(context);
    const registered = await bytesRead(a.path, 'models', 'register', 'v1', '--gguf', a.path);
    expect(registered.finished.exitCode).toBe(0);
    expect(registered.count).toBeGreaterThanOrEqual(a.sizeBytes);
    // Beside its header, which is checked, no byte twice.
    expect(registered.count).toBeLessThan(1.5 * a.sizeBytes);
    for (const args of [
      ['models', 'show', 'v1'],
      ['models', 'list'],
      ['models', 'list', '--check'],
    ]) {
      const { finished, count } = await bytesRead(a.path, ...args);
      expect(finished.stdout).toContain('unchanged');
      expect(count).toBe(0);
    }
    const again = await bytesRead(a.path, 'models', 'register', 'v2', '--gguf', a.path);
    expect(again.finished.stdout).toContain(a.sha256);
    expect(again.count).toBeLessThan(0.5 * a.sizeBytes);
    const packed = await bytesRead(a.path, 'bundle', 'create', 'v1');
    expect(packed.finished.exitCode).toBe(0);
    expect(packed.count).toBeGreaterThanOrEqual(a.sizeBytes);
    expect(packed.count).toBeLessThan(1.5 * a.sizeBytes);
  });

  it('is remembered by packing too, so that showing it reads nothing', async (context) => {
    needStrace(context);
    await register('v1', a.path);
    await rm(cacheFile());
    expect((await create('v1')).exitCode).toBe(0);
    expect((await bytesRead(a.path, 'models', 'show', 'v1')).count).toBe(0);
  });

  it('is remembered by deploying too', async (context) => {
    needStrace(context);
    await register('v1', a.path);
    await rm(cacheFile());
    const target = join(shop.folder, 'srv', 'remembered');
    const { exitCode } = await shop.milton('deploy', 'v1', '--skip-load-test', '--target-path', target);
    expect(exitCode).toBe(0);
    expect((await bytesRead(a.path, 'models', 'show', 'v1')).count).toBe(0);
  });

  it('is read again with --no-cache', async (context) => {
    needStrace(context);
    await register('v1', a.path);
    for (const args of [
      ['models', 'show', 'v1'],
      ['models', 'list', '--check'],
      ['models', 'register', 'v1', '--gguf', a.path],
    ]) {
      expect((await bytesRead(a.path, ...args, '--no-cache')).count).toBeGreaterThanOrEqual(a.sizeBytes);
    }
  });

  it('is not read for a list that was not asked to check', async (context) => {
    needStrace(context);
    await register('v1', a.path);
    await rm(cacheFile());
    const { finished, count } = await bytesRead(a.path, 'models', 'list');
    expect(count).toBe(0);
    expect(finished.stdout).toMatch(/v1 .* not checked/);
  });
});

describe('milton models register', () => {
  it('records the digest of the file, and says it', async () => {
    const { json } = await register('v1', a.path);
    expect(json).toMatchObject({
      model: { metrics: { milton: { gguf: { sha256: a.sha256 } } } },
      artifacts: [{ type: 'gguf', sha256: a.sha256 }],
    });
    const { stdout } = await shop.milton('models', 'register', 'v1', '--gguf', a.path);
    expect(stdout).toContain(`sha256        ${a.sha256}`);
  });

  it('remembers nothing of a file that was written a moment ago', async () => {
    const fresh = await shop.model('fresh.gguf', LARGE);
    expect((await register('v1', fresh.path)).json).toMatchObject({ artifacts: [{ sha256: fresh.sha256 }] });
    expect(await readdir(shop.state)).not.toContain('digests.json');
  });

  it('records of a split model what a bundle of it states', async () => {
    const folder = join(shop.folder, 'split');
    await mkdir(folder, { recursive: true });
    const names = await writeShards(folder, 2);
    await settle();
    const { json } = await register('v1', folder);
    expect((await shop.milton('models', 'list')).stdout).toMatch(/v1 .* unchanged /);
    const packed = await create('v1');
    expect(json).toMatchObject({
      model: { metrics: { milton: { gguf: { sha256: packed.json['artifact_sha256'] } } } },
    });
    expect((await shop.milton('models', 'show', 'v1')).stdout).toContain('unchanged since it was registered');
    const second = join(folder, names[1] ?? '');
    await rm(second);
    expect((await shop.document('models', 'show', 'v1')).json).toMatchObject({
      gguf_on_disk: { state: 'missing', missing: second },
    });
  });
});

describe('a GGUF that was changed after it was registered', () => {
  let changed: Model;
  beforeEach(async () => {
    changed = await shop.model('changed.gguf', LARGE);
    await register('v1', changed.path, '--base-model', 'My base', '--activate');
    await writeFile(changed.path, await readFile(b.path));
  });

  it('is shown as changed, with both digests and the next command', async () => {
    const { stdout } = await shop.milton('models', 'show', 'v1');
    expect(stdout).toContain(`CHANGED: registered sha256:${a.sha256}, now sha256:${b.sha256}`);
    expect(stdout).toContain(`milton models register v1 --gguf ${changed.path} --base-model 'My base'\n`);
    const { json } = await shop.document('models', 'list', '--check');
    expect(json['models']).toMatchObject([
      { gguf_on_disk: { state: 'changed', registered_sha256: a.sha256, sha256: b.sha256 } },
    ]);
    expect((await shop.milton('models', 'list', '--check')).stdout).toMatch(/v1 .* CHANGED /);
  });

  it('is not packed under that version, and nothing is left behind', async () => {
    const { exitCode, stdout } = await shop.milton('bundle', 'create', 'v1', '--json');
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        code: 'PIPELINE_ARTIFACT_CHANGED',
        aftermath: 'unchanged',
        hint: expect.stringMatching(
          /: milton models register v1 --gguf \S+changed\.gguf --base-model 'My base'$/,
        ) as string,
        details: { expected: `sha256:${a.sha256}`, received: `sha256:${b.sha256}` },
      },
    });
    expect(await readdir(join(shop.state, 'bundles'))).toEqual([]);
    expect((await create('--model', changed.path, '--version', 'v1')).json).toMatchObject({
      artifact_sha256: b.sha256,
    });
  });

  it.each([[[]], [['--no-bundle']], [['--dry-run']], [['--no-cache']]])(
    'does not go live with %j, and the target stays as it was',
    async (args) => {
      const target = join(shop.folder, 'srv', 'changed');
      const deployment = ['deploy', 'v1', '--skip-load-test', '--target-path', target, ...args];
      const { exitCode, json } = await shop.document(...deployment);
      expect(exitCode).toBe(3);
      expect(json).toMatchObject({ error: { code: 'PIPELINE_ARTIFACT_CHANGED' } });
      await expect(stat(target)).rejects.toThrow();
      expect((await shop.attempts()).at(-1)?.record).toMatchObject({ model_version: 'v1' });
    },
  );

  it('is found out with its digest remembered and its time put back', async () => {
    await writeFile(changed.path, await readFile(a.path));
    await settle();
    const { atime, mtime } = await stat(changed.path);
    await register('v1', changed.path);
    expect((await shop.milton('models', 'list')).stdout).toMatch(/v1 .* unchanged /);
    await writeFile(changed.path, await readFile(b.path));
    await utimes(changed.path, atime, mtime);
    expect((await shop.milton('models', 'list')).stdout).toMatch(/v1 .* not checked /);
    expect((await shop.document('models', 'show', 'v1')).json).toMatchObject({
      gguf_on_disk: { state: 'changed', registered_sha256: a.sha256, sha256: b.sha256 },
    });
  });

  it('can be registered again, and is then packed', async () => {
    await register('v1', changed.path);
    expect((await create('v1')).json).toMatchObject({ ok: true, artifact_sha256: b.sha256 });
    expect((await shop.document('models', 'show', 'v1')).json).toMatchObject({
      gguf_on_disk: { state: 'unchanged', sha256: b.sha256 },
    });
  });

  it('is shown as missing once it is gone, and as unreadable where a folder took its name', async () => {
    await rm(changed.path);
    expect((await shop.milton('models', 'show', 'v1')).stdout).toContain(`missing: ${changed.path}`);
    expect((await shop.milton('models', 'list')).stdout).toMatch(/v1 .* missing /);
    await mkdir(changed.path);
    const { exitCode, json } = await shop.document('models', 'list', '--check');
    expect(exitCode).toBe(0);
    expect(json['models']).toMatchObject([
      { gguf_on_disk: { state: 'unreadable', reason: { code: 'SYSTEM_FILE_NOT_REGULAR' } } },
    ]);
    await rm(changed.path, { recursive: true });
  });

  it('cannot be told from any other where the registry has no digest', async () => {
    const path = join(shop.state, 'models/registry.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(a.sha256, 'none'));
    expect((await shop.document('models', 'show', 'v1')).json).toMatchObject({
      gguf_on_disk: { state: 'unrecorded', registered_sha256: null, sha256: null },
    });
    expect((await create('v1')).exitCode).toBe(0);
  });
});

describe('a digest that is remembered and wrong', () => {
  it('stops packing with both digests, until it is told not to believe it', async () => {
    await register('v1', a.path);
    await poison(WRONG, a.path);
    const refused = await create('v1');
    expect(refused).toMatchObject({
      exitCode: 3,
      json: {
        error: {
          code: 'PIPELINE_DIGEST_CONFLICT',
          details: { path: a.path, expected: `sha256:${WRONG}`, received: `sha256:${a.sha256}` },
        },
      },
    });
    expect(await readdir(join(shop.state, 'bundles'))).toEqual([]);
    expect((await create('v1', '--no-cache')).json).toMatchObject({ artifact_sha256: a.sha256 });
    // And what was wrong has been replaced.
    expect((await create('v1')).json).toMatchObject({ artifact_sha256: a.sha256 });
  });

  it('binds no evidence: what was measured is held against the bytes', async () => {
    const claimed = { ...a, sha256: WRONG };
    await shop.saveRun(RUN, runOf(RUN, [candidateOf('v1', claimed)]));
    await register('v1', a.path);
    await poison(WRONG, a.path);
    const run = ['--run', `benchmark_${RUN}`];
    expect((await create('v1', ...run)).json).toMatchObject({
      error: { code: 'EVIDENCE_MISMATCH', details: { received: `sha256:${a.sha256}` } },
    });
    const target = join(shop.folder, 'srv', 'unbound');
    const deployment = ['deploy', 'v1', ...run, '--skip-load-test', '--target-path', target];
    for (const args of [[], ['--no-bundle'], ['--no-cache', '--dry-run']]) {
      const { exitCode, json } = await shop.document(...deployment, ...args);
      expect(exitCode).toBe(3);
      expect(['EVIDENCE_MISMATCH', 'PIPELINE_DIGEST_CONFLICT']).toContain(
        (json['error'] as { code: string }).code,
      );
    }
    await expect(stat(target)).rejects.toThrow();
    await shop.saveRun(RUN, runOf(RUN, [candidateOf('v1', a)]));
    await poison(WRONG, a.path);
    expect((await create('v1', ...run, '--no-cache')).json).toMatchObject({
      artifact_sha256: a.sha256,
      evidence: { kind: 'measured', artifact_sha256: a.sha256 },
    });
  });

  it('does not let a damaged bundle pass, and does not stop a sound one', async () => {
    const sound = await shop.bundle('v1', a);
    const broken = join(shop.folder, 'broken.tar.gz');
    await cp(sound, broken);
    await damage(broken);
    await poison(a.sha256, broken, a.path);
    await poison(WRONG, sound);
    const target = join(shop.folder, 'srv', 'poisoned');
    const deployment = ['--skip-load-test', '--target-path', target];
    for (const args of [
      ['bundle', 'verify', broken],
      ['deploy', '--bundle', broken, ...deployment],
    ]) {
      const { exitCode, json } = await shop.document(...args);
      expect(exitCode).toBe(3);
      expect((json['error'] as { code: string }).code).toMatch(/^BUNDLE_/);
    }
    expect((await shop.milton('bundle', 'verify', sound)).exitCode).toBe(0);
    expect((await shop.document('deploy', '--bundle', sound, ...deployment)).json).toMatchObject({
      ok: true,
    });
  });

  it('does not hide that the live release was damaged', async () => {
    const bundle = await shop.bundle('v1', a);
    const target = join(shop.folder, 'srv', 'live');
    const deploy = () =>
      shop.document('deploy', '--bundle', bundle, '--skip-load-test', '--target-path', target);
    expect((await deploy()).exitCode).toBe(0);
    const live = join(target, 'model', 'a.gguf');
    await damage(live);
    await poison(a.sha256, live, a.path);
    expect((await deploy()).json['warnings']).toContainEqual(
      expect.objectContaining({ code: 'DEPLOY_LIVE_DAMAGED' }),
    );
  });
});

describe('a cache that cannot be used', () => {
  it('is a warning, and the work is done', async () => {
    await writeFile(cacheFile(), 'not json');
    const { exitCode, json } = await register('v1', a.path);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ warnings: [{ code: 'DIGEST_CACHE_IGNORED' }] });
    expect((await register('v1', a.path)).json).toMatchObject({ warnings: [] });
    await rm(cacheFile());
    await mkdir(cacheFile());
    expect((await create('v1')).json).toMatchObject({
      ok: true,
      artifact_sha256: a.sha256,
      warnings: [{ code: 'DIGEST_CACHE_IGNORED' }, { code: 'DIGEST_CACHE_NOT_WRITTEN' }],
    });
  });
});

describe('--no-cache', () => {
  it('is refused where it would change nothing', async () => {
    const { exitCode, stderr } = await shop.milton('deploy', '--bundle', 'x.tar.gz', '--no-cache');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--no-cache would change nothing');
  });
});

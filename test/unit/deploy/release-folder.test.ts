import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { targetLayout } from '../../../src/deploy/layout.ts';
import {
  createPrivateFolder,
  finishFolder,
  isThere,
  makeControlFolder,
  publishFolder,
  removeFolder,
  type ReleaseExtras,
} from '../../../src/deploy/release-folder.ts';

let folder = '';
let partial = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-release-'));
  partial = join(folder, '.deploy_v1.partial');
  await createPrivateFolder(partial);
  await mkdir(join(partial, 'model'), { mode: 0o700 });
  await writeFile(join(partial, 'model', 'a.gguf'), 'weights', { mode: 0o600 });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const EXTRAS: ReleaseExtras = {
  deployedAt: '2026-01-11T20:28:01.120+00:00',
  finalPath: '/srv/.llm.milton/releases/deploy_v1',
  modelFiles: ['model/a.gguf'],
  artifactType: 'gguf',
  artifactSha256: 'ab',
  version: 'v1',
};
const OPEN = { fileMode: 0o644, groupId: null };
const modeOf = async (name: string): Promise<number> => (await stat(join(partial, name))).mode & 0o7777;

describe('createPrivateFolder', () => {
  it('lets nobody else in, and takes over nothing that is there', async () => {
    expect(await modeOf('')).toBe(0o700);
    await expect(createPrivateFolder(partial)).rejects.toMatchObject({ code: 'SYSTEM_FILE_EXISTS' });
  });
});

describe('finishFolder', () => {
  it('writes when, where and what, and a stable name for a single model', async () => {
    await finishFolder(partial, EXTRAS, OPEN);
    expect(await readFile(join(partial, 'DEPLOYED_AT'), 'utf8')).toBe('2026-01-11T20:28:01.120+00:00\n');
    expect(await readlink(join(partial, 'model.gguf'))).toBe('model/a.gguf');
    expect(await readFile(join(partial, 'model.gguf'), 'utf8')).toBe('weights');
  });

  it.each([
    ['0644', 0o644, 0o755],
    ['0640', 0o640, 0o750],
    ['0600', 0o600, 0o700],
    ['0444', 0o444, 0o755],
  ])('gives files %s and folders the right to enter that goes with it', async (_, fileMode, folderMode) => {
    await finishFolder(partial, EXTRAS, { fileMode, groupId: null });
    expect([await modeOf(''), await modeOf('model')]).toEqual([folderMode, folderMode]);
    expect([await modeOf('model/a.gguf'), await modeOf('model.env')]).toEqual([fileMode, fileMode]);
  });

  it('changes nothing behind a link', async () => {
    const outside = join(folder, 'outside');
    await writeFile(outside, '', { mode: 0o600 });
    await symlink(outside, join(partial, 'model', 'link'));
    await finishFolder(partial, EXTRAS, OPEN);
    expect((await stat(outside)).mode & 0o777).toBe(0o600);
  });

  it('gives a split model no second name, and a directory neither', async () => {
    const shards = ['model/a-00001-of-00002.gguf', 'model/a-00002-of-00002.gguf'];
    await finishFolder(partial, { ...EXTRAS, modelFiles: shards }, OPEN);
    expect(await isThere(join(partial, 'model.gguf'))).toBe(false);
    expect(await environment()).toMatchObject({ MILTON_MODEL: `${EXTRAS.finalPath}/${shards[0]}` });
    await rm(join(partial, 'model.env'));
    await rm(join(partial, 'DEPLOYED_AT'));
    await finishFolder(
      partial,
      { ...EXTRAS, artifactType: 'hf-distilled', modelFiles: ['model/config.json'] },
      OPEN,
    );
    expect(await isThere(join(partial, 'model.gguf'))).toBe(false);
    expect(await environment()).toMatchObject({ MILTON_MODEL: `${EXTRAS.finalPath}/model` });
  });

  it('quotes what a shell and systemd would read otherwise', async () => {
    const finalPath = '/srv/my "models"/$HOME/`id`/\\x';
    await finishFolder(partial, { ...EXTRAS, finalPath }, OPEN);
    const text = await readFile(join(partial, 'model.env'), 'utf8');
    expect(text).toBe(
      [
        String.raw`MILTON_MODEL="/srv/my \"models\"/\$HOME/\`id\`/\\x/model/a.gguf"`,
        'MILTON_SHA256="ab"',
        'MILTON_VERSION="v1"',
        '',
      ].join('\n'),
    );
    expect(await environment()).toMatchObject({ MILTON_MODEL: `${finalPath}/model/a.gguf` });
  });

  it('writes over nothing that came with the model', async () => {
    await writeFile(join(partial, 'model.env'), 'theirs');
    await expect(finishFolder(partial, EXTRAS, OPEN)).rejects.toMatchObject({ code: 'SYSTEM_FILE_EXISTS' });
  });
});

/** As a shell reads model.env. */
async function environment(): Promise<Record<string, string>> {
  const script = 'set -a; . ./model.env; env -0';
  const text = execFileSync('env', ['-i', '/bin/sh', '-c', script], { cwd: partial, encoding: 'utf8' });
  return Object.fromEntries(
    text.split('\0').map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
}

describe('publishFolder, removeFolder', () => {
  it('gives the name, and takes all of it away again, links unfollowed', async () => {
    const final = join(folder, 'deploy_v1');
    await writeFile(join(folder, 'outside'), 'mine');
    await symlink(join(folder, 'outside'), join(partial, 'link'));
    await publishFolder(partial, final);
    expect(await readdir(folder)).toEqual(['deploy_v1', 'outside']);
    await chmod(final, 0o755);
    await removeFolder(final);
    await removeFolder(final);
    expect(await readdir(folder)).toEqual(['outside']);
  });

  it('replaces no release that is there', async () => {
    const final = join(folder, 'deploy_v1');
    await mkdir(final);
    await writeFile(join(final, 'file'), '');
    await expect(publishFolder(partial, final)).rejects.toMatchObject({ code: 'SYSTEM_IO' });
    expect(await readdir(final)).toEqual(['file']);
  });
});

describe('makeControlFolder', () => {
  it('can be passed through whatever the umask, and is left alone where it is there', async () => {
    const layout = targetLayout(join(folder, 'llm'));
    const before = process.umask(0o077);
    try {
      await makeControlFolder(layout);
    } finally {
      process.umask(before);
    }
    expect((await stat(layout.releasesDir)).mode & 0o777).toBe(0o755);
    await chmod(layout.controlDir, 0o750);
    await makeControlFolder(layout);
    expect((await stat(layout.controlDir)).mode & 0o777).toBe(0o750);
  });
});

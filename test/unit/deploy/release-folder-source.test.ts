import { lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReleaseFolder, type ReleaseFolder } from '../../../src/deploy/release-folder-source.ts';
import { viewJournal } from '../../../src/deploy/target-view.ts';
import { hashBytes } from '../../../src/system/index.ts';
import { toJournalLine } from '../../fakes/journal.ts';

const SUMS = `${hashBytes('{}')}  manifest.json\n${hashBytes('weights')}  model/a.gguf\n`;
const TO = 'deploy_v1_20260101_000000_000';

let folder = '';
let source: ReleaseFolder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-source-'));
  const directory = join(folder, 'from');
  await mkdir(join(directory, 'model'), { recursive: true });
  await mkdir(to());
  await writeFile(join(directory, 'model/a.gguf'), 'weights');
  await writeFile(join(directory, 'manifest.json'), '{}');
  await writeFile(join(directory, 'SHA256SUMS'), SUMS);
  const facts = { sums_sha256: hashBytes(SUMS) };
  const line = toJournalLine({ to: TO, artifact_sha256: hashBytes('weights'), state: 'live', facts });
  const known = viewJournal([line]).releases[0];
  if (known === undefined) throw new Error('The journal names it.');
  source = { directory, known };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const to = (): string => join(folder, 'to');
const stage = async (known?: ReadonlyMap<string, string>) =>
  (await openReleaseFolder(source)).stage(to(), { skipChecksum: false, known });
const damaged = { code: 'DEPLOY_RELEASE_DAMAGED' };

describe('openReleaseFolder', () => {
  it('gives the same release once more: the listed files, the list, and a signature', async () => {
    await writeFile(join(source.directory, 'model.sig'), 'signed');
    await writeFile(join(source.directory, 'notes'), 'not listed');
    expect(await stage()).toMatchObject({ checksumVerified: true, modelFiles: ['model/a.gguf'] });
    for (const name of ['model/a.gguf', 'manifest.json', 'SHA256SUMS', 'model.sig']) {
      expect(await readFile(join(to(), name))).toEqual(await readFile(join(source.directory, name)));
    }
    await expect(lstat(join(to(), 'notes'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('links weights that are known to be sound, and nothing else', async () => {
    const weights = join(source.directory, 'model/a.gguf');
    await stage(new Map([[hashBytes('weights'), weights]]));
    expect((await lstat(join(to(), 'model/a.gguf'))).ino).toBe((await lstat(weights)).ino);
    const manifests = [join(to(), 'manifest.json'), join(source.directory, 'manifest.json')];
    const [copy, original] = await Promise.all(manifests.map((path) => lstat(path)));
    expect(copy?.ino).not.toBe(original?.ino);
  });

  it.each([
    ['a listed file', 'manifest.json', '{ }'],
    ['the weights', 'model/a.gguf', 'weighty'],
    ['the list, by a blank', 'SHA256SUMS', SUMS.replace('  manifest', ' *manifest')],
  ])('refuses %s that changed', async (_, name, text) => {
    await writeFile(join(source.directory, name), text);
    await expect(stage()).rejects.toMatchObject(damaged);
  });

  it('refuses a list of other weights before anything is copied', async () => {
    await writeFile(join(source.directory, 'SHA256SUMS'), SUMS.replace(hashBytes('weights'), hashBytes('x')));
    await expect(openReleaseFolder(source)).rejects.toMatchObject(damaged);
  });

  it('follows no link', async () => {
    await rm(join(source.directory, 'manifest.json'));
    await symlink('/etc/hostname', join(source.directory, 'manifest.json'));
    await expect(stage()).rejects.toMatchObject({ code: 'SYSTEM_FILE_NOT_REGULAR' });
  });

  it('ends at an interrupt', async () => {
    const release = await openReleaseFolder(source);
    await expect(
      release.stage(to(), { skipChecksum: false, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
  });
});

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeDamage } from '../../../src/deploy/compare-release.ts';
import { findDamage, verifyRelease } from '../../../src/deploy/verify-release.ts';
import { hashBytes } from '../../../src/system/index.ts';

const MODEL = hashBytes('weights');
const MANIFEST = hashBytes('{}');
const SUMS = `${MANIFEST}  manifest.json\n${MODEL}  model/a.gguf\n`;
const DEPLOYED_AT = '2026-01-11T20:28:01.000+00:00';
const options = { artifactSha256: MODEL };
/** All that the journal knows. */
const whole = { ...options, version: 'v1', sumsSha256: hashBytes(SUMS), deployedAt: DEPLOYED_AT };

const environment = (): string =>
  `MILTON_MODEL="${folder}/model/a.gguf"\nMILTON_SHA256="${MODEL}"\nMILTON_VERSION="v1"\n`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-verify-'));
  await mkdir(join(folder, 'model'));
  await writeFile(join(folder, 'model/a.gguf'), 'weights');
  await writeFile(join(folder, 'manifest.json'), '{}');
  await writeFile(join(folder, 'SHA256SUMS'), SUMS);
  await symlink('model/a.gguf', join(folder, 'model.gguf'));
  await writeFile(join(folder, 'DEPLOYED_AT'), `${DEPLOYED_AT}\n`);
  await writeFile(join(folder, 'model.env'), environment());
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('findDamage', () => {
  it('finds none in a release as it was deployed', async () => {
    expect(await findDamage(folder, options)).toEqual([]);
    expect(await findDamage(folder, whole)).toEqual([]);
  });

  it('finds none where the signature of a bundle came along', async () => {
    await writeFile(join(folder, 'model.sig'), 'signed');
    expect(await findDamage(folder, whole)).toEqual([]);
  });

  it('says what was expected and what is there', async () => {
    await writeFile(join(folder, 'model/a.gguf'), 'weighty');
    expect(await findDamage(folder, whole)).toEqual([
      {
        path: 'model/a.gguf',
        kind: 'changed',
        expected: `sha256:${MODEL}`,
        received: `sha256:${hashBytes('weighty')}`,
      },
    ]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['another time', () => writeFile(join(folder, 'DEPLOYED_AT'), 'x'), 'DEPLOYED_AT (changed)'],
    ['no time', () => rm(join(folder, 'DEPLOYED_AT')), 'DEPLOYED_AT (missing)'],
    ['another model.env', () => writeFile(join(folder, 'model.env'), 'x'), 'model.env (changed)'],
    [
      'a model.env that is a link',
      () => replace('model.env', (path) => symlink('/etc/hostname', path)),
      'model.env (not-a-file)',
    ],
    ['a file beside the others', () => writeFile(join(folder, 'notes.txt'), ''), 'notes.txt (extra)'],
    ['a folder beside the others', () => mkdir(join(folder, 'x/y'), { recursive: true }), 'x (extra)'],
    [
      'weights that all may write',
      () => chmod(join(folder, 'model/a.gguf'), 0o666),
      'model/a.gguf (writable-for-all)',
    ],
    ['a folder that all may write in', () => chmod(join(folder, 'model'), 0o777), 'model (writable-for-all)'],
    ['a release that all may write in', () => chmod(folder, 0o777), '. (writable-for-all)'],
    [
      'a list with another manifest and the same weights',
      async () => {
        await writeFile(join(folder, 'manifest.json'), '{ }');
        await writeFile(join(folder, 'SHA256SUMS'), SUMS.replace(MANIFEST, hashBytes('{ }')));
      },
      'SHA256SUMS (changed)',
    ],
    [
      'a link to the same weights elsewhere',
      async () => {
        await rename(join(folder, 'model'), join(folder, '.elsewhere'));
        await symlink('.elsewhere', join(folder, 'model'));
      },
      'model (not-a-folder), .elsewhere (extra)',
    ],
  ])('with all that the journal knows, finds %s too', async (_, damage, expected) => {
    await damage();
    expect(describeDamage(await findDamage(folder, whole))).toBe(expected);
  });

  it('does not keep anybody from going back for a file beside the others', async () => {
    await writeFile(join(folder, 'notes.txt'), '');
    await chmod(join(folder, 'model/a.gguf'), 0o666);
    await expect(verifyRelease(folder, whole)).resolves.toBeUndefined();
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['a changed file', () => writeFile(join(folder, 'manifest.json'), '{ }'), 'manifest.json (changed)'],
    ['an empty file', () => truncate(join(folder, 'model/a.gguf')), 'model/a.gguf (changed)'],
    ['a missing file', () => rm(join(folder, 'model/a.gguf')), 'model/a.gguf (missing)'],
    [
      'a folder in its place',
      () => replace('model/a.gguf', (path) => mkdir(path)),
      'model/a.gguf (not-a-file)',
    ],
    [
      'a link in its place',
      () => replace('manifest.json', (path) => symlink('/etc/hostname', path)),
      'manifest.json (not-a-file)',
    ],
    [
      'a pipe in its place',
      () => replace('manifest.json', async (path) => execFileSync('mkfifo', [path])),
      'manifest.json (not-a-file)',
    ],
    ['a file too many', () => writeFile(join(folder, 'model/b.gguf'), ''), 'model/b.gguf (extra)'],
    ['a link too many', () => symlink('/etc', join(folder, 'model/b')), 'model/b (extra)'],
    ['no list', () => rm(join(folder, 'SHA256SUMS')), 'SHA256SUMS (missing)'],
    ['a list that is none', () => writeFile(join(folder, 'SHA256SUMS'), 'x'), 'SHA256SUMS (changed)'],
    [
      'a list that leads elsewhere',
      () => writeFile(join(folder, 'SHA256SUMS'), `${MODEL}  ../../etc/passwd\n`),
      'SHA256SUMS (changed)',
    ],
    ['a list without end', () => truncate(join(folder, 'SHA256SUMS'), 2 ** 40), 'SHA256SUMS (changed)'],
    [
      'a list that is a link',
      () => replace('SHA256SUMS', (path) => symlink('/etc/hostname', path)),
      'SHA256SUMS (not-a-file)',
    ],
    ['no stable name', () => rm(join(folder, 'model.gguf')), 'model.gguf (missing)'],
    [
      'another stable name',
      () => replace('model.gguf', (path) => symlink('/etc/hostname', path)),
      'model.gguf (changed)',
    ],
  ])('finds %s', async (_, damage, expected) => {
    await damage();
    expect(describeDamage(await findDamage(folder, options))).toBe(expected);
    await expect(verifyRelease(folder, options)).rejects.toMatchObject({
      code: 'DEPLOY_RELEASE_DAMAGED',
      details: { release_path: folder, received: expected },
    });
  });

  it('finds a model and a list that were exchanged together', async () => {
    await writeFile(join(folder, 'model/a.gguf'), 'others');
    await writeFile(join(folder, 'SHA256SUMS'), SUMS.replace(MODEL, hashBytes('others')));
    expect(await findDamage(folder, options)).toEqual([
      {
        path: 'SHA256SUMS',
        kind: 'changed',
        expected: `a list of the weights sha256:${MODEL}`,
        received: `a list of the weights sha256:${hashBytes('others')}`,
      },
    ]);
  });

  it('ends at an interrupt', async () => {
    await expect(findDamage(folder, { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CORE_INTERRUPTED',
    });
  });

  it('bears any list', async () => {
    const lists = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.string(), { maxLength: 5 })
        .map((names) => names.map((name) => `${MODEL}  ${name}\n`).join('')),
    );
    await fc.assert(
      fc.asyncProperty(lists, async (list) => {
        await writeFile(join(folder, 'SHA256SUMS'), list);
        expect(await findDamage(folder, options)).not.toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('describeDamage', () => {
  it('names a few, safe to print, and counts the rest', () => {
    const damage = Array.from({ length: 7 }, (_, index) => ({
      path: `model/\u001b${index}`,
      kind: 'extra' as const,
    }));
    expect(describeDamage(damage)).toMatch(/^model\/\\x1b0 \(extra\), .*, 2 more$/);
  });
});

async function replace(name: string, make: (path: string) => Promise<unknown>): Promise<void> {
  await rm(join(folder, name), { recursive: true });
  await make(join(folder, name));
}

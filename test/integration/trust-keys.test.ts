/** Keys in a folder: who may read them, what is never overwritten, and what is made of files that are no keys. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  formatPublicKey,
  generateKeyPair,
  listKeys,
  loadPrivateKey,
  readKeyFile,
  saveKeyPair,
} from '../../src/trust/index.ts';

let folder: string;
let directory: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-keys-'));
  directory = join(folder, 'state/keys');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('saveKeyPair', () => {
  it('writes the private key for its owner alone, in a folder for its owner alone, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const key = await generateKeyPair();
      const { privatePath, publicPath } = await saveKeyPair(key, { name: 'release', directory });
      expect(await modeOf(privatePath)).toBe(0o600);
      expect(await modeOf(directory)).toBe(0o700);
      expect(await readFile(publicPath, 'utf8')).toBe(formatPublicKey(key));
      expect(await readFile(publicPath, 'utf8')).not.toContain('PRIVATE');
      expect(loadPrivateKey(await readFile(privatePath)).id).toBe(key.id);
    } finally {
      process.umask(before);
    }
  });

  it('never overwrites a half of a key, and leaves no half behind', async () => {
    const key = await generateKeyPair();
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'a.pub.pem'), 'the only copy');
    await expect(saveKeyPair(key, { name: 'a', directory })).rejects.toMatchObject({
      code: 'TRUST_KEY_EXISTS',
      aftermath: 'unchanged',
    });
    expect(await readdir(directory)).toEqual(['a.pub.pem']);
    await saveKeyPair(key, { name: 'b', directory });
    await expect(saveKeyPair(key, { name: 'b', directory })).rejects.toMatchObject({
      code: 'TRUST_KEY_EXISTS',
    });
  });

  it.each(['', '../a', 'a/b', '.hidden', 'a b', 'release.pub', 'x.pem', 'x'.repeat(65)])(
    'refuses the name %j',
    async (name) => {
      const key = await generateKeyPair();
      await expect(saveKeyPair(key, { name, directory })).rejects.toMatchObject({
        code: 'TRUST_KEY_NAME_INVALID',
        exitCode: 2,
      });
      expect(await readdir(folder)).toEqual([]);
    },
  );
});

describe('readKeyFile', () => {
  it('finds a key by its name before a file of that path, says where, and who else may read it', async () => {
    const key = await generateKeyPair();
    const { privatePath, publicPath } = await saveKeyPair(key, { name: 'release', directory });
    expect(await readKeyFile('release', { directory, half: 'private' })).toMatchObject({
      path: privatePath,
      isReadableByOthers: false,
    });
    expect((await readKeyFile('release', { directory, half: 'public' })).path).toBe(publicPath);
    await chmod(privatePath, 0o640);
    expect(await readKeyFile(privatePath, { directory, half: 'private' })).toMatchObject({
      isReadableByOthers: true,
    });
  });

  it('refuses what is not there, what is too large, and what is no file', async () => {
    await expect(readKeyFile('none', { directory, half: 'private' })).rejects.toMatchObject({
      code: 'TRUST_KEY_MISSING',
      exitCode: 1,
    });
    const pem = '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----';
    const given = readKeyFile(pem, { directory, half: 'public' });
    await expect(given).rejects.toMatchObject({
      code: 'TRUST_KEY_MISSING',
      details: { received: 'the key itself' },
    });
    await writeFile(join(folder, 'large.pem'), Buffer.alloc(20_000));
    const large = readKeyFile(join(folder, 'large.pem'), { directory, half: 'public' });
    await expect(large).rejects.toMatchObject({ code: 'TRUST_KEY_INVALID' });
    await expect(readKeyFile(folder, { directory, half: 'public' })).rejects.toMatchObject({
      code: 'SYSTEM_FILE_NOT_REGULAR',
    });
  });
});

describe('listKeys', () => {
  it('tells of each what it is, without its secret, and what is wrong with it', async () => {
    expect(await listKeys({ directory })).toEqual([]);
    const [plain, locked] = await Promise.all([generateKeyPair(), generateKeyPair({ curve: 'P-384' })]);
    await saveKeyPair(locked, { name: 'locked', directory, passphrase: 'open' });
    const { privatePath } = await saveKeyPair(plain, { name: 'open', directory });
    await chmod(privatePath, 0o644);
    await writeFile(join(directory, 'theirs.pub.pem'), formatPublicKey(plain));
    await writeFile(join(directory, 'broken.pem'), 'x');
    await writeFile(join(directory, 'notes.txt'), 'x');
    const listed = await listKeys({ directory });
    expect(listed).toMatchObject([
      { name: 'broken', key: null, problem: expect.stringContaining('broken.pub.pem') as string },
      { name: 'locked', key: { id: locked.id, curve: 'P-384' }, isEncrypted: true, problem: null },
      { name: 'open', key: { id: plain.id }, isEncrypted: false, problem: 'others can read the private key' },
      { name: 'theirs', key: { id: plain.id }, privatePath: null, problem: null },
    ]);
    expect(JSON.stringify(listed)).not.toMatch(/PRIVATE KEY/);
  });
});

import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashBytes } from '../../../src/system/index.ts';
import { findPolicy, loadPolicy, policyPaths } from '../../../src/trust/policy-find.ts';
import { policyText } from '../../fakes/policy.ts';

const OFF = policyText([], { signatures: 'off' });
const isRoot = process.getuid?.() === 0;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-policy-'));
  for (const name of ['etc', 'target', 'state']) await mkdir(join(folder, name));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const places = () => ({
  targetState: join(folder, 'target'),
  stateDirectory: join(folder, 'state'),
  systemFile: join(folder, 'etc/policy.json'),
});

describe('policyPaths', () => {
  it('looks where the owner of the machine writes first, and no variable says otherwise', () => {
    const { system, target, state } = policyPaths({ targetState: '/srv/.llm.milton', stateDirectory: '/s' });
    expect([system, target, state]).toEqual([
      '/etc/milton/policy.json',
      '/srv/.llm.milton/policy.json',
      '/s/policy.json',
    ]);
  });
});

describe('findPolicy', () => {
  it('finds none, or the first', async () => {
    expect(await findPolicy(places())).toBeNull();
    await writeFile(join(folder, 'state/policy.json'), OFF);
    expect(await findPolicy(places())).toMatchObject({ place: 'state', sha256: hashBytes(OFF) });
    await writeFile(join(folder, 'etc/policy.json'), `${OFF}\n`);
    expect(await findPolicy(places())).toMatchObject({ place: 'system', sha256: hashBytes(`${OFF}\n`) });
  });

  it.each<[string, (path: string) => Promise<unknown>, string]>([
    ['is empty', (path) => writeFile(path, ''), 'TRUST_POLICY_INVALID'],
    ['is no policy', (path) => writeFile(path, '{}'), 'TRUST_POLICY_INVALID'],
    ['is larger than any', (path) => writeFile(path, ' '.repeat(300_000)), 'TRUST_POLICY_INVALID'],
    ['is a folder', (path) => mkdir(path), 'TRUST_POLICY_UNSAFE'],
    ['is a link to a sound one', (path) => symlink('../state/policy.json', path), 'TRUST_POLICY_UNSAFE'],
    ['is a link to nothing', (path) => symlink('nowhere', path), 'TRUST_POLICY_UNSAFE'],
    ['is a pipe', async (path) => execFileSync('mkfifo', [path]), 'TRUST_POLICY_UNSAFE'],
    [
      'is writable for everybody',
      async (path) => {
        await writeFile(path, OFF);
        await chmod(path, 0o606);
      },
      'TRUST_POLICY_UNSAFE',
    ],
    [
      'lies where everybody may write',
      async (path) => {
        await writeFile(path, OFF);
        await chmod(join(folder, 'target'), 0o1777);
      },
      'TRUST_POLICY_UNSAFE',
    ],
  ])('does not look further where the first one %s', async (_, make, code) => {
    await writeFile(join(folder, 'state/policy.json'), OFF);
    await make(join(folder, 'target/policy.json'));
    await expect(findPolicy(places())).rejects.toMatchObject({ code, exitCode: 3 });
  });

  it.runIf(isRoot)('does not follow one of another user, but of whoever owns the folder', async () => {
    const path = join(folder, 'target/policy.json');
    await writeFile(path, OFF);
    await chown(path, 65534, 65534);
    await expect(findPolicy(places())).rejects.toMatchObject({
      code: 'TRUST_POLICY_UNSAFE',
      details: { received: 'a file of user 65534' },
    });
    await chown(join(folder, 'target'), 65534, 65534);
    expect(await findPolicy(places())).toMatchObject({ place: 'target' });
  });
});

describe('loadPolicy', () => {
  it('says of a file that was named that it is not there', async () => {
    await expect(loadPolicy(join(folder, 'nothing.json'))).rejects.toMatchObject({
      code: 'SYSTEM_FILE_MISSING',
    });
  });
});

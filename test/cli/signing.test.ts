/** Keys, signing and verifying as they are typed. */
import { spawn, spawnSync } from 'node:child_process';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { quoteWord } from '../../src/core/index.ts';
import { MAIN, runMilton, smallGguf, useFolder } from './run-milton.ts';

const place = useFolder();
const hasScript = spawnSync('script', ['--version']).status === 0;
let id: string;
let bundle: string;
let packed: Awaited<ReturnType<typeof place.document>>;

beforeAll(async () => {
  await writeFile(join(place.folder, 'a.gguf'), await smallGguf());
  const { json } = await place.document('keys', 'generate', 'release');
  id = String(json['id']);
  packed = await place.document('bundle', 'create', '--model', 'a.gguf', '--version', 'v1', ...SIGN);
  bundle = String(packed.json['path']);
});

const SIGN = ['--sign', 'release', '--line', 'org/base', '--counter', '7'];
const environment = () => ({ MILTON_STATE_DIR: join(place.folder, 'state') });

describe('milton bundle create --sign', () => {
  it('says with whose key, and which release it is', () => {
    expect(packed).toMatchObject({
      exitCode: 0,
      stderr: '',
      json: { signed_by: id, release: { line: 'org/base', counter: 7, expires: null } },
    });
  });
});

describe('milton keys', () => {
  it('keeps the private key where it is: 0600, in no output of any command', async () => {
    const path = join(place.folder, 'state/keys/release.pem');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const secret = (await readFile(path, 'utf8')).split('\n')[1] ?? '';
    const list = await place.document('keys', 'list');
    expect(list.json).toMatchObject({
      keys: [{ name: 'release', id, curve: 'P-256', encrypted: false, problem: null }],
    });
    const show = await place.milton('keys', 'show', path, '--quiet');
    expect(show.stdout).toBe(await readFile(join(place.folder, 'state/keys/release.pub.pem'), 'utf8'));
    for (const { stdout } of [list, show]) expect(stdout).not.toContain(secret);
  });

  it('never makes a key over another', async () => {
    const { exitCode, json } = await place.document('keys', 'generate', 'release');
    expect({ exitCode, json }).toMatchObject({
      exitCode: 1,
      json: { ok: false, error: { code: 'TRUST_KEY_EXISTS' } },
    });
  });
});

describe('milton bundle verify', () => {
  it('says who signed, and over what, where a key is named', async () => {
    const { exitCode, stdout } = await place.milton('bundle', 'verify', bundle, '--key', 'release');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`signature +holds under the key ${id} \\(P-256\\), over all 6 files`));
    expect(stdout).toMatch(/release +7 of org\/base/);
  });

  it('says that nothing was checked where none is', async () => {
    const { json } = await place.document('bundle', 'verify', bundle);
    expect(json).toMatchObject({
      ok: true,
      signed: 'signed, not checked',
      signature: { checked: false, files: 6, error: null },
      policy: null,
    });
  });

  it('ends in exit code 3, and never says verified, under another key', async () => {
    await place.milton('keys', 'generate', 'stranger', '--curve', 'P-384');
    const { exitCode, stdout, stderr } = await place.milton('bundle', 'verify', bundle, '--key', 'stranger');
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain('error TRUST_KEY_UNKNOWN: ');
    expect(stderr).not.toMatch(/verified/i);
  });

  it('judges by a policy, named or found', async () => {
    const policy = join(place.folder, 'state/policy.json');
    await place.milton('policy', 'init', '--key', 'release', '--line', 'org/base');
    const found = await place.document('bundle', 'verify', bundle);
    expect(found.json).toMatchObject({
      ok: true,
      signed: 'signed and checked',
      signature: { key_id: id },
      policy: { path: policy, takes_it: true },
    });
    const other = join(place.folder, 'other.json');
    await writeFile(other, (await readFile(policy, 'utf8')).replace('org/base', 'org/another'));
    const refused = await place.document('bundle', 'verify', bundle, '--policy', other);
    expect(refused).toMatchObject({ exitCode: 3, json: { ok: false, error: { code: 'TRUST_KEY_LINE' } } });
    await writeFile(join(place.folder, 'plain.gguf'), await smallGguf());
    const plain = await place.document(
      'bundle',
      'create',
      '--model',
      'plain.gguf',
      '--version',
      'v0',
      '--out',
      'plain',
    );
    const unsigned = await place.document('bundle', 'verify', String(plain.json['path']));
    expect(unsigned).toMatchObject({ exitCode: 3, json: { error: { code: 'TRUST_SIGNATURE_MISSING' } } });
  });
});

describe('milton bundle sign', () => {
  it('signs with the PEM in the environment, and warns where the bundle belongs to no line', async () => {
    const packed = await place.document('bundle', 'create', '--model', 'a.gguf', '--version', 'v2');
    expect(packed.json).toMatchObject({ signed_by: null, release: null });
    const file = String(packed.json['path']);
    const pem = await readFile(join(place.folder, 'state/keys/release.pem'), 'utf8');
    const env = { ...environment(), MILTON_SIGNING_KEY: pem };
    const { exitCode, stdout, stderr } = await runMilton(['bundle', 'sign', file, '--json'], { env });
    expect(stderr).toMatch(/^warning RELEASE_LINE_UNKNOWN: /);
    expect({ exitCode, json: JSON.parse(stdout) }).toMatchObject({
      exitCode: 0,
      json: {
        signed_by: id,
        replaced_signature: false,
        release: null,
        warnings: [{ code: 'RELEASE_LINE_UNKNOWN' }],
      },
    });
    const inspected = await place.milton('bundle', 'inspect', file);
    expect(inspected.stdout).toMatch(
      /signature +signed, not checked: it names a key by the hint [0-9a-f]{64}/,
    );
    expect(inspected.stdout).not.toMatch(/^verified/m);
  });

  it('repeats nothing of a key that was given where a name belongs', async () => {
    const pem = await readFile(join(place.folder, 'state/keys/release.pem'), 'utf8');
    const secret = pem.split('\n')[1] ?? '';
    const base64 = Buffer.from(pem).toString('base64');
    for (const finished of [
      await place.milton('bundle', 'sign', bundle, '--key', pem),
      await runMilton(['bundle', 'sign', bundle], { env: { ...environment(), MILTON_SIGNING_KEY: base64 } }),
    ]) {
      expect(finished).toMatchObject({ exitCode: 2, stdout: '' });
      expect(finished.stderr).toMatch(/^error CLI_USAGE: /);
      expect(finished.stderr).not.toContain(secret.slice(0, 20));
      expect(finished.stderr).not.toContain(base64.slice(40, 60));
    }
  });

  it('wants a key, and tells of one that others can read', async () => {
    const without = await place.document('bundle', 'sign', bundle);
    expect(without).toMatchObject({ exitCode: 2, json: { error: { code: 'CLI_USAGE' } } });
    const path = join(place.folder, 'open.pem');
    await writeFile(path, await readFile(join(place.folder, 'state/keys/release.pem')));
    await chmod(path, 0o644);
    const { exitCode, stderr } = await place.milton('bundle', 'sign', bundle, '--key', path, '--replace');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^warning KEY_READABLE_BY_OTHERS: /);
  });
});

describe('an encrypted key', () => {
  beforeAll(async () => {
    const env = { ...environment(), MILTON_KEY_PASSPHRASE: 'open sesame' };
    await runMilton(['keys', 'generate', 'locked', '--encrypt'], { env });
  });

  it('signs nothing without its passphrase', async () => {
    const sign = (passphrase?: string) =>
      runMilton(['bundle', 'sign', bundle, '--key', 'locked', '--replace', '--json'], {
        env: { ...environment(), ...(passphrase !== undefined && { MILTON_KEY_PASSPHRASE: passphrase }) },
      });
    const locked = await readFile(join(place.folder, 'state/keys/locked.pem'), 'utf8');
    expect(locked).toContain('ENCRYPTED PRIVATE KEY');
    const before = await readFile(bundle);
    const [none, wrong] = [await sign(), await sign('open barley')];
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'TRUST_KEY_LOCKED' } });
    expect(none.exitCode).toBe(2);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'TRUST_PASSPHRASE_WRONG' } });
    expect(wrong.stdout + wrong.stderr).not.toContain('barley');
    expect((await readFile(bundle)).equals(before)).toBe(true);
  });

  it.skipIf(!hasScript)('asks for it on a terminal (needs script), and shows none of it', async () => {
    const words = [
      process.execPath,
      MAIN,
      'bundle',
      'sign',
      bundle,
      '--key',
      'locked',
      '--replace',
      '--quiet',
    ];
    const child = spawn('script', ['-qec', words.map(quoteWord).join(' '), '/dev/null'], {
      env: { ...process.env, ...environment(), NO_COLOR: '1' },
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const wasAsked = shown.includes('Passphrase for ');
      shown += text;
      if (!wasAsked && shown.includes('Passphrase for ')) child.stdin.write('open sesame\r');
    });
    const exitCode = await new Promise((resolve) => child.on('close', resolve));
    expect({ exitCode, shown }).toMatchObject({ exitCode: 0 });
    expect(shown).toContain(bundle);
    expect(shown).not.toContain('sesame');
  });
});

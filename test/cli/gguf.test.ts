import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runMilton, smallGguf, useFolder } from './run-milton.ts';

const place = useFolder();
const FILE = 'model.gguf';

beforeAll(async () => {
  const bytes = await smallGguf({ name: 'A\u001b[31m name' });
  await writeFile(join(place.folder, FILE), bytes);
  await writeFile(join(place.folder, 'short.gguf'), bytes.subarray(0, -1));
  await writeFile(join(place.folder, 'long.gguf'), Buffer.concat([bytes, Buffer.from('!')]));
  await writeFile(join(place.folder, 'text.gguf'), 'not a model at all');
  await writeFile(join(place.folder, 'empty.gguf'), '');
  await mkdir(join(place.folder, 'folder.gguf'));
});

describe('milton gguf inspect', () => {
  it('shows what the file is, with its hostile name made harmless', async () => {
    const { exitCode, stdout, stderr } = await place.milton('gguf', 'inspect', FILE);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/architecture +llama/);
    expect(stdout).toMatch(/quantization +Q8_0/);
    expect(stdout).toMatch(/memory +about .* at 512 tokens/);
    expect(stdout).toContain('A\\x1b[31m name');
    expect(stdout).not.toContain('\u001b');
  });

  it('estimates the memory at the context that is asked for', async () => {
    const small = await place.document('gguf', 'inspect', FILE, '--context', '16');
    const large = await place.document('gguf', 'inspect', FILE, '--context', '512');
    expect(small.json).toMatchObject({
      ok: true,
      file: join(place.folder, FILE),
      architecture: 'llama',
      quantization: 'Q8_0',
      context_length: 512,
      memory: { context_tokens: 16, is_estimate: true },
    });
    const total = (json: typeof small.json) => (json['memory'] as { total_bytes: number }).total_bytes;
    expect(total(small.json)).toBeLessThan(total(large.json));
  });
});

describe('milton gguf inspect, of a file that is not sound', () => {
  it.each([
    ['short.gguf', 'GGUF_DATA_INCOMPLETE'],
    ['long.gguf', 'GGUF_TRAILING_BYTES'],
  ])('shows %s all the same, and names the rule it breaks', async (file, code) => {
    const { exitCode, stdout, stderr } = await place.milton('gguf', 'inspect', file);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      new RegExp(`^warning ${code}: Not sound: .* More: milton gguf check .*${file}\n$`),
    );
    expect(stdout).toMatch(new RegExp(`not sound +${code}; milton gguf check `));
    expect(stdout).toMatch(/architecture +llama/);
    const { json } = await place.document('gguf', 'inspect', file);
    expect(json).toMatchObject({ ok: true, sound: false, broken_rule: code, warnings: [{ code }] });
  });

  it('says nothing of the kind of a sound one', async () => {
    const { json } = await place.document('gguf', 'inspect', FILE);
    expect(json).toMatchObject({ sound: true, broken_rule: null, warnings: [] });
    expect((await place.milton('gguf', 'inspect', FILE)).stdout).not.toContain('not sound');
  });
});

describe('milton gguf inspect --context', () => {
  it('notes a context beyond that of the model', async () => {
    const { exitCode, json } = await place.document('gguf', 'inspect', FILE, '--context', '513');
    expect(exitCode).toBe(0);
    expect(json['warnings']).toEqual([
      { code: 'GGUF_CONTEXT_BEYOND_MODEL', message: expect.stringMatching(/made for 512 tokens .* for 513/) },
    ]);
  });
});

describe('milton gguf check', () => {
  it('exits 0 for a sound model', async () => {
    const { exitCode, stdout, json } = await place.document('gguf', 'check', FILE);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"ok": true');
    expect(json).toMatchObject({ file: join(place.folder, FILE), waived_rules: [], warnings: [] });
    expect((await place.milton('gguf', 'check', FILE)).stdout).toMatch(/^sound /);
  });

  it('exits 3 with the rule and the byte offset', async () => {
    const { exitCode, stdout, stderr } = await place.milton('gguf', 'check', 'short.gguf');
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error GGUF_DATA_INCOMPLETE: .*output\.weight/);
    expect(stderr).toMatch(/offset +\d+/);
    const { json } = await place.document('gguf', 'check', 'text.gguf');
    expect(json).toMatchObject({ ok: false, error: { code: 'GGUF_MAGIC_INVALID', details: { offset: 0 } } });
  });

  it('waives a rule of policy, and says so', async () => {
    expect((await place.milton('gguf', 'check', 'long.gguf')).exitCode).toBe(3);
    const { exitCode, json } = await place.document(
      'gguf',
      'check',
      'long.gguf',
      '--allow',
      'no-tensors,trailing-bytes',
    );
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ waived_rules: ['trailing-bytes'] });
    const unknown = await place.milton('gguf', 'check', '--allow', 'everything', FILE);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('trailing-bytes');
  });

  it.skipIf(process.getuid?.() !== 0)('says that it may not read a file', async () => {
    await chmod(place.folder, 0o755);
    await chmod(join(place.folder, FILE), 0o600);
    const finished = await runMilton(['gguf', 'check', join(place.folder, FILE)], { uid: 65534 });
    expect(finished).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('error SYSTEM_FILE_UNREADABLE'),
    });
  });

  it('says of a folder what inspect says, and takes one that holds a split model', async () => {
    const inspected = await place.milton('gguf', 'inspect', 'folder.gguf');
    expect(inspected.stderr).toMatch(/^error SYSTEM_FILE_NOT_REGULAR: .* is a folder, not a file\./);
    const checked = await place.milton('gguf', 'check', 'folder.gguf');
    expect(checked).toEqual(inspected);
    const shard = join(place.folder, 'split/model-00001-of-00001.gguf');
    await mkdir(join(place.folder, 'split'));
    await writeFile(shard, await smallGguf());
    expect(await place.document('gguf', 'check', 'split')).toMatchObject({
      exitCode: 0,
      json: { file: shard },
    });
  });

  it.each([
    ['missing.gguf', 1, 'SYSTEM_FILE_MISSING'],
    ['empty.gguf', 3, 'GGUF_'],
    ['folder.gguf', 1, 'SYSTEM_FILE_NOT_REGULAR'],
    ['', 2, 'CLI_USAGE'],
  ])('refuses %s with exit code %i', async (file, exitCode, code) => {
    const finished = await place.milton('gguf', 'check', file);
    expect(finished.exitCode).toBe(exitCode);
    expect(finished.stderr).toContain(`error ${code}`);
  });
});

import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  fileIdentity,
  hashSource,
  openFileSource,
  readJsonFile,
  readObjectIfAny,
  sameIdentity,
  withFileSource,
} from '../../src/system/index.ts';
import { BECOME_NOBODY, runScript } from './system-child.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-files-'));
  path = join(folder, 'model.gguf');
  writeFileSync(path, 'GGUF and then some');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('openFileSource', () => {
  it('reads any part of a file, into a buffer of its own or a given one', async () => {
    await withFileSource(path, async (source) => {
      expect(source).toMatchObject({ name: path, path, sizeBytes: 18 });
      expect(String(await source.read(0, 4))).toBe('GGUF');
      const buffer = Buffer.alloc(10, '.');
      expect(String(await source.read(14, 4, buffer))).toBe('some');
      expect(String(buffer)).toBe('some......');
      expect(await source.read(18, 0)).toHaveLength(0);
    });
  });

  it('follows a link unless told otherwise', async () => {
    symlinkSync('model.gguf', join(folder, 'link'));
    const source = await openFileSource(join(folder, 'link'));
    expect(source.sizeBytes).toBe(18);
    await source.close();
    await expect(openFileSource(join(folder, 'link'), { followLinks: false })).rejects.toMatchObject({
      code: 'SYSTEM_FILE_NOT_REGULAR',
      message: `Cannot read ${folder}/link: it is a symbolic link.`,
    });
  });

  it('keeps reading the file it opened, whatever takes its name', async () => {
    await withFileSource(path, async (source) => {
      writeFileSync(join(folder, 'other'), 'EVIL and then some');
      renameSync(join(folder, 'other'), path);
      expect(String(await source.read(0, 4))).toBe('GGUF');
    });
  });

  it('refuses a read past the end', async () => {
    await withFileSource(path, async (source) => {
      await expect(source.read(15, 4)).rejects.toMatchObject({ code: 'CORE_SOURCE_SHORT' });
    });
  });

  it('closes the file after its use, and after a failure too', async () => {
    const handles: { fd: number }[] = [];
    const failing = withFileSource(path, async (source) => {
      handles.push(source.handle);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await withFileSource(path, async (source) => handles.push(source.handle));
    expect(handles.map((handle) => handle.fd)).toEqual([-1, -1]);
  });

  describe('when the path does not name a file that can be read', () => {
    it('says that it is missing', async () => {
      await expect(openFileSource(join(folder, 'no.gguf'))).rejects.toMatchObject({
        code: 'SYSTEM_FILE_MISSING',
        exitCode: 1,
        message: `Cannot read ${folder}/no.gguf: it does not exist.`,
      });
      await expect(openFileSource(join(path, 'below'))).rejects.toMatchObject({
        code: 'SYSTEM_FILE_MISSING',
      });
    });

    it('says that it is a folder', async () => {
      await expect(openFileSource(folder)).rejects.toMatchObject({
        code: 'SYSTEM_FILE_NOT_REGULAR',
        message: `${folder} is a folder, not a file.`,
        details: { expected: 'a regular file', received: 'a folder' },
      });
    });

    it('refuses a pipe that nobody writes to, without waiting for a writer', async () => {
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      await expect(openFileSource(join(folder, 'pipe'))).rejects.toMatchObject({
        code: 'SYSTEM_FILE_NOT_REGULAR',
        message: `${folder}/pipe is a pipe, socket or device, not a file.`,
      });
    });

    it('refuses a device, which would never end', async () => {
      await expect(openFileSource('/dev/zero')).rejects.toMatchObject({ code: 'SYSTEM_FILE_NOT_REGULAR' });
    });

    it('refuses a socket', async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
      try {
        await expect(openFileSource(join(folder, 'socket'))).rejects.toMatchObject({
          code: 'SYSTEM_FILE_NOT_REGULAR',
        });
      } finally {
        server.close();
      }
    });

    it('says that this user may not read it', async () => {
      chmodSync(folder, 0o755);
      chmodSync(path, 0o000);
      const output = await runScript(`${BECOME_NOBODY}
        await system.openFileSource(${JSON.stringify(path)}).catch((error) => console.log(error.code, error.message));`);
      expect(output).toBe(`SYSTEM_FILE_UNREADABLE Cannot read ${path}: permission denied.\n`);
    });

    it('survives a name with a NUL byte', async () => {
      await expect(openFileSource('a\0b')).rejects.toMatchObject({
        code: 'SYSTEM_IO',
        details: { path: 'a\0b' },
      });
    });
  });

  describe('when the file changes while it is read', () => {
    it.each([
      ['grows', () => appendFileSync(path, '!')],
      ['shrinks', () => truncateSync(path, 3)],
      ['is written over with as many bytes', () => writeFileSync(path, 'GGUF and then SOME')],
      [
        'is written over and dated back',
        () => {
          execFileSync('touch', ['-r', path, join(folder, 'date')]);
          writeFileSync(path, 'GGUF and then SOME');
          execFileSync('touch', ['-r', join(folder, 'date'), path]);
        },
      ],
    ])('assertUnchanged refuses a file that %s', async (_, change) => {
      await withFileSource(path, async (source) => {
        await source.assertUnchanged();
        await new Promise((resolve) => setTimeout(resolve, 20));
        change();
        await expect(source.assertUnchanged()).rejects.toMatchObject({
          code: 'SYSTEM_FILE_CHANGED',
          exitCode: 1,
          details: { path, expected: expect.stringContaining('18 bytes') },
        });
      });
    });

    it('a read of what is gone fails instead of giving old memory', async () => {
      await withFileSource(path, async (source) => {
        truncateSync(path, 6);
        await expect(source.read(0, 18)).rejects.toMatchObject({
          code: 'CORE_SOURCE_SHORT',
          details: { expected: '18 bytes', received: '6 bytes' },
        });
      });
    });
  });
});

describe('fileIdentity', () => {
  it('is the same for a file left alone, and another for its replacement', async () => {
    const before = await fileIdentity(path);
    expect(sameIdentity(before, await fileIdentity(path))).toBe(true);
    writeFileSync(join(folder, 'copy'), 'GGUF and then some');
    renameSync(join(folder, 'copy'), path);
    expect(sameIdentity(before, await fileIdentity(path))).toBe(false);
  });

  it('is null where there is no file, which equals only itself', async () => {
    const none = await fileIdentity(join(folder, 'no'));
    expect(none).toBeNull();
    expect(sameIdentity(none, null)).toBe(true);
    expect(sameIdentity(none, await fileIdentity(path))).toBe(false);
  });

  it('does not take a folder it may not enter for a missing file', async () => {
    chmodSync(folder, 0o000);
    const output = await runScript(`${BECOME_NOBODY}
      await system.fileIdentity(${JSON.stringify(path)}).catch((error) => console.log(error.code));`);
    chmodSync(folder, 0o700);
    expect(output).toBe('SYSTEM_FILE_UNREADABLE\n');
  });
});

describe('hashSource on a file', () => {
  it('gives what sha256sum gives', async () => {
    const bytes = randomBytes(5 * 1024 * 1024 + 3);
    writeFileSync(path, bytes);
    const ours = await withFileSource(path, (source) => hashSource(source));
    expect(ours).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(execFileSync('sha256sum', [path], { encoding: 'utf8' })).toBe(`${ours}  ${path}\n`);
  });
});

describe('readJsonFile', () => {
  it('gives the tree and the identity that the file had', async () => {
    writeFileSync(path, '{"b": 1.0, "a": [null]}');
    const { tree, identity } = await readJsonFile(path);
    expect([...(tree as Map<string, unknown>).keys()]).toEqual(['b', 'a']);
    expect(sameIdentity(identity, await fileIdentity(path))).toBe(true);
  });

  it('names the file, the line and the column of what is broken', async () => {
    writeFileSync(path, '[\n  NaN\n]');
    await expect(readJsonFile(path)).rejects.toMatchObject({
      code: 'CORE_JSON_NOT_FINITE',
      details: { file: path, line: 2, column: 3 },
    });
  });

  it('refuses bytes that are no text', async () => {
    writeFileSync(path, Buffer.from([0x22, 0xff, 0x22]));
    await expect(readJsonFile(path)).rejects.toMatchObject({ code: 'CORE_TEXT_NOT_UTF8' });
  });

  it('refuses a file too large before it takes memory for it', async () => {
    truncateSync(path, 2 ** 40);
    await expect(readJsonFile(path)).rejects.toMatchObject({
      code: 'CORE_JSON_LIMIT',
      details: { expected: 'at most 67108864 bytes', received: '1099511627776 bytes' },
    });
  });

  it('refuses a folder and an empty file', async () => {
    mkdirSync(join(folder, 'dir'));
    truncateSync(path, 0);
    await expect(readJsonFile(join(folder, 'dir'))).rejects.toMatchObject({
      code: 'SYSTEM_FILE_NOT_REGULAR',
    });
    await expect(readJsonFile(path)).rejects.toMatchObject({ code: 'CORE_JSON_INVALID' });
  });
});

describe('readObjectIfAny', () => {
  it('gives an object, and null for everything that is none or cannot be read', async () => {
    const at = (name: string): string => join(folder, name);
    for (const [name, text] of Object.entries({ good: '{"a": 1}', list: '[1]', broken: '{"a": NaN}' })) {
      writeFileSync(at(name), text);
    }
    expect(await readObjectIfAny(at('good'))).toEqual({ a: 1 });
    for (const name of ['list', 'broken', 'missing', '.']) expect(await readObjectIfAny(at(name))).toBeNull();
  });
});

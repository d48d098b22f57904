import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Warning } from '../../../src/core/index.ts';
import { loadDigests, saveDigests } from '../../../src/system/digest-cache-file.ts';
import {
  hashOnce,
  openDigestCache,
  type DigestCache,
  type WatchedFile,
} from '../../../src/system/digest-cache.ts';
import { hashBytes } from '../../../src/system/digest.ts';
import { openFileSource, withFileSource, type FileIdentity } from '../../../src/system/file-source.ts';
import {
  MAX_DIGEST_CACHE_BYTES,
  MAX_REMEMBERED_DIGESTS,
  MIN_REMEMBERED_BYTES,
} from '../../../src/system/limits.ts';

const BUILT = fileURLToPath(new URL('../../../dist/system/digest-cache-file.js', import.meta.url));
const SOME = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

let folder: string;
let model: string;
let cacheFile: string;
let warnings: Warning[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-digests-'));
  model = join(folder, 'model.gguf');
  cacheFile = join(folder, 'state', 'digests.json');
  warnings = [];
  writeFileSync(model, Buffer.alloc(MIN_REMEMBERED_BYTES, 'x'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As the command would open it, some time after now: what was written a moment ago is old enough by then. */
function cacheAfter(ageMs = 60_000, believe = true): DigestCache {
  const clock = { now: () => new Date(Date.now() + ageMs) };
  return openDigestCache(cacheFile, { clock, believe, onWarning: (warning) => warnings.push(warning) });
}

const watch = (cache: DigestCache = cacheAfter()): Promise<WatchedFile> =>
  withFileSource(model, (source) => cache.watch(source));

/** A digest that the file does not have: coming back, it was not made of the bytes. */
async function plant(sha256 = SOME): Promise<WatchedFile> {
  const cache = cacheAfter();
  const file = await watch(cache);
  await cache.remember([{ file, sha256 }]);
  return file;
}

describe('openDigestCache', () => {
  it('gives back what was remembered of an unchanged file, to another process too', async () => {
    expect(await watch()).toMatchObject({ known: null, isSettled: true });
    await plant();
    expect(await watch()).toMatchObject({ known: SOME, isSettled: true });
    expect(warnings).toEqual([]);
  });

  it('keeps the file to its owner', async () => {
    await plant();
    expect(statSync(cacheFile).mode & 0o777).toBe(0o600);
  });

  it('leaves small files to be hashed', async () => {
    truncateSync(model, MIN_REMEMBERED_BYTES - 1);
    expect(await watch()).toMatchObject({ known: null, isSettled: false });
    await plant();
    expect(existsSync(cacheFile)).toBe(false);
  });

  it('believes nothing when told so, and remembers what comes out', async () => {
    await plant();
    const cache = cacheAfter(60_000, false);
    const file = await watch(cache);
    expect(file.known).toBeNull();
    await cache.remember([{ file, sha256: OTHER }]);
    expect(await watch()).toMatchObject({ known: OTHER });
  });

  it('writes nothing where nothing is new', async () => {
    const file = await plant();
    const before = statSync(cacheFile, { bigint: true }).ino;
    await cacheAfter().remember([{ file: { ...file, known: SOME }, sha256: SOME }]);
    expect(statSync(cacheFile, { bigint: true }).ino).toBe(before);
  });
});

describe('a file of which one thing changed', () => {
  const changes: readonly (readonly [string, keyof FileIdentity, () => void])[] = [
    ['a byte, with the time put back', 'ctimeNs', changeSilently],
    ['its length, by one byte', 'sizeBytes', () => appendFileSync(model, 'x')],
    ['its modification time alone', 'mtimeNs', () => utimesSync(model, 1, 1)],
    ['its mode', 'ctimeNs', () => chmodSync(model, 0o600)],
    ['its links', 'ctimeNs', () => linkSync(model, join(folder, 'second'))],
    ['its inode: an equal copy took the name', 'ino', replaceByCopy],
  ];

  it.each(changes)('is not known any more: %s', async (_what, field, change) => {
    const before = await plant();
    change();
    const after = await watch();
    expect(after.identity[field]).not.toBe(before.identity[field]);
    expect(after.known).toBeNull();
  });

  it.each(['dev', 'ino', 'sizeBytes', 'mtimeNs', 'ctimeNs'] as const)(
    'is not known where %s alone differs by one',
    async (field) => {
      const { identity } = await watch();
      const other = {
        ...identity,
        [field]: field === 'sizeBytes' ? identity.sizeBytes + 1 : identity[field] + 1n,
      };
      await saveDigests(cacheFile, [{ identity: other, sha256: SOME }]);
      expect((await watch()).known).toBeNull();
      await saveDigests(cacheFile, [{ identity, sha256: SOME }]);
      expect((await watch()).known).toBe(SOME);
    },
  );

  it('is refused where it changes between the opening and the look-up', async () => {
    await plant();
    const source = await openFileSource(model);
    appendFileSync(model, 'x');
    await expect(cacheAfter().watch(source)).rejects.toMatchObject({ code: 'SYSTEM_FILE_CHANGED' });
    await source.close();
  });

  it('takes one place, however often it changes', async () => {
    await plant();
    appendFileSync(model, 'x');
    await plant(OTHER);
    expect([...(await loadDigests(cacheFile)).digests.values()].map(({ sha256 }) => sha256)).toEqual([OTHER]);
  });
});

describe('a file that was changed a moment ago', () => {
  it.each([
    ['just now', 0, false],
    ['1.9 s ago', 1900, false],
    ['2.1 s ago', 2100, true],
    ['in an hour, by a clock that was put back', -3_600_000, false],
  ])('is remembered only if it can be told from a later one: %s', async (_when, ageMs, isSettled) => {
    const cache = cacheAfter(ageMs);
    const file = await watch(cache);
    expect(file.isSettled).toBe(isSettled);
    await cache.remember([{ file, sha256: SOME }]);
    expect(existsSync(cacheFile)).toBe(isSettled);
  });

  it('counts the change time, which nobody can put back', async () => {
    utimesSync(model, 1, 1);
    expect((await watch(cacheAfter(0))).isSettled).toBe(false);
  });

  it('counts a modification time in the future', async () => {
    const later = Date.now() / 1000 + 3600;
    utimesSync(model, later, later);
    expect((await watch()).isSettled).toBe(false);
  });

  it('is judged before it is read: it is not remembered for having aged meanwhile', async () => {
    let now = Date.now();
    const cache = openDigestCache(cacheFile, { clock: { now: () => new Date(now) } });
    await withFileSource(model, (source) =>
      hashOnce(source, { digests: cache, onBytes: () => (now += 60_000) }),
    );
    expect(existsSync(cacheFile)).toBe(false);
  });

  it('is not remembered on a file system that has no change time of its own', async () => {
    const source = await openFileSource('/proc/version').catch(() => null);
    const proc = source === null ? null : { ...source, sizeBytes: MIN_REMEMBERED_BYTES };
    if (proc !== null) expect((await cacheAfter().watch(proc)).isSettled).toBe(false);
    await source?.close();
  });
});

describe('hashOnce', () => {
  it('hashes, remembers, and does not read a second time', async () => {
    const expected = hashBytes(readFileSync(model));
    const read: number[] = [];
    const hash = (): Promise<string> =>
      withFileSource(model, (source) => {
        const counted = {
          ...source,
          read: (...args: Parameters<typeof source.read>) => {
            read.push(args[1]);
            return source.read(...args);
          },
        };
        return hashOnce(counted, { digests: cacheAfter() });
      });
    expect(await hash()).toBe(expected);
    expect(read.reduce((sum, sizeBytes) => sum + sizeBytes, 0)).toBe(MIN_REMEMBERED_BYTES);
    expect(await hash()).toBe(expected);
    expect(read.reduce((sum, sizeBytes) => sum + sizeBytes, 0)).toBe(MIN_REMEMBERED_BYTES);
  });

  it('tells of all bytes at once where it reads none', async () => {
    await plant();
    const seen: number[] = [];
    const onBytes = (sizeBytes: number): number => seen.push(sizeBytes);
    expect(
      await withFileSource(model, (source) => hashOnce(source, { digests: cacheAfter(), onBytes })),
    ).toBe(SOME);
    expect(seen).toEqual([MIN_REMEMBERED_BYTES]);
  });

  it('neither gives nor remembers the digest of a file that changes while it is read', async () => {
    let isChanged = false;
    const onBytes = (): void => {
      if (!isChanged) appendFileSync(model, 'x');
      isChanged = true;
    };
    await expect(
      withFileSource(model, (source) => hashOnce(source, { digests: cacheAfter(), onBytes })),
    ).rejects.toMatchObject({ code: 'SYSTEM_FILE_CHANGED' });
    expect(existsSync(cacheFile)).toBe(false);
  });

  it('stops when it is interrupted, and remembers nothing', async () => {
    const signal = AbortSignal.abort();
    await expect(
      withFileSource(model, (source) => hashOnce(source, { digests: cacheAfter(), signal })),
    ).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
    expect(existsSync(cacheFile)).toBe(false);
  });
});

describe('a cache file that cannot be believed', () => {
  const valid = (): Record<string, unknown> =>
    JSON.parse(readFileSync(cacheFile, 'utf8')) as Record<string, unknown>;
  const entry = (): Record<string, unknown> => (valid()['digests'] as Record<string, unknown>[])[0] ?? {};
  const write = (value: unknown): void => writeFileSync(cacheFile, JSON.stringify(value));
  const damages: readonly (readonly [string, () => void])[] = [
    ['empty', () => writeFileSync(cacheFile, '')],
    ['cut off', () => truncateSync(cacheFile, 60)],
    ['binary', () => writeFileSync(cacheFile, Buffer.alloc(5000, 0xff))],
    ['a list', () => write([])],
    ['of another format', () => write({ ...valid(), format: 2 })],
    ['without digests', () => write({ format: 1 })],
    ['with an entry that is no object', () => write({ format: 1, digests: [7] })],
    ['with a digest that is none', () => write({ format: 1, digests: [{ ...entry(), sha256: `${SOME}0` }] })],
    ['with upper case', () => write({ format: 1, digests: [{ ...entry(), sha256: 'A'.repeat(64) }] })],
    ['with a number for a text', () => write({ format: 1, digests: [{ ...entry(), ino: 7 }] })],
    [
      'with a time of a thousand digits',
      () => write({ format: 1, digests: [{ ...entry(), ctime_ns: '9'.repeat(1000) }] }),
    ],
    ['with a size that is no number', () => write({ format: 1, digests: [{ ...entry(), size_bytes: '7' }] })],
    ['with one inode twice', () => write({ format: 1, digests: [entry(), entry()] })],
    [
      'with more entries than are kept',
      () =>
        write({
          format: 1,
          digests: Array.from({ length: MAX_REMEMBERED_DIGESTS + 1 }, (_, ino) => ({
            ...entry(),
            ino: String(ino),
          })),
        }),
    ],
    ['nested deep', () => writeFileSync(cacheFile, '['.repeat(100_000))],
    ['too large', () => appendFileSync(cacheFile, ' '.repeat(MAX_DIGEST_CACHE_BYTES))],
    ['of a terabyte', () => truncateSync(cacheFile, 2 ** 40)],
    ['writable for the group', () => chmodSync(cacheFile, 0o620)],
    ['writable for all', () => chmodSync(cacheFile, 0o602)],
    [
      'a link to a good one',
      () => {
        renameSync(cacheFile, join(folder, 'moved'));
        symlinkSync(join(folder, 'moved'), cacheFile);
      },
    ],
    [
      'a pipe that nobody writes',
      () => {
        rmSync(cacheFile);
        execFileSync('mkfifo', [cacheFile]);
      },
    ],
  ];

  it.each(damages)('is ignored, said once, and replaced: %s', async (_what, damage) => {
    await plant();
    damage();
    const cache = cacheAfter();
    const file = await watch(cache);
    expect(file.known).toBeNull();
    await watch(cache);
    expect(warnings.map(({ code }) => code)).toEqual(['DIGEST_CACHE_IGNORED']);
    await cache.remember([{ file, sha256: OTHER }]);
    warnings = [];
    expect((await watch()).known).toBe(OTHER);
    expect(warnings).toEqual([]);
    expect(readdirSync(join(folder, 'state')).toSorted()).toEqual(['digests.json', 'digests.json.lock']);
  });

  it('is not even read where it is too large', async () => {
    await plant();
    truncateSync(cacheFile, 2 ** 30);
    writeFileSync('/proc/self/clear_refs', '5');
    const before = peakBytes();
    await watch();
    expect(warnings).toMatchObject([
      { message: expect.stringContaining(`it has ${2 ** 30} bytes`) as string },
    ]);
    expect(peakBytes() - before).toBeLessThan(200 * 2 ** 20);
  });

  it('is ignored where it belongs to another user', async (context) => {
    if (process.getuid?.() !== 0) context.skip('needs root');
    await plant();
    chownSync(cacheFile, 65534, 65534);
    expect((await watch()).known).toBeNull();
    expect(warnings).toMatchObject([
      { code: 'DIGEST_CACHE_IGNORED', message: expect.stringContaining('user 65534') as string },
    ]);
  });

  it('that is a folder stays, with a warning', async () => {
    mkdirSync(cacheFile, { recursive: true });
    const cache = cacheAfter();
    const file = await watch(cache);
    await cache.remember([{ file, sha256: SOME }]);
    await cache.remember([{ file, sha256: SOME }]);
    expect(warnings.map(({ code }) => code)).toEqual(['DIGEST_CACHE_IGNORED', 'DIGEST_CACHE_NOT_WRITTEN']);
  });
});

describe('saveDigests', () => {
  const identity = (ino: number): FileIdentity => ({
    dev: 1n,
    ino: BigInt(ino),
    sizeBytes: 1,
    mtimeNs: -1n,
    ctimeNs: 2n ** 63n - 1n,
  });
  const many = (count: number): { identity: FileIdentity; sha256: string }[] =>
    Array.from({ length: count }, (_, ino) => ({ identity: identity(ino), sha256: SOME }));

  it('drops the oldest beyond what is kept, and stays far below what is read', async () => {
    const widest = many(MAX_REMEMBERED_DIGESTS).map(({ sha256 }, ino) => ({
      identity: {
        dev: 2n ** 64n - 1n,
        ino: 2n ** 64n - 1n - BigInt(ino),
        sizeBytes: 2 ** 53 - 1,
        mtimeNs: -(2n ** 63n),
        ctimeNs: -(2n ** 63n),
      },
      sha256,
    }));
    await saveDigests(cacheFile, widest);
    expect(statSync(cacheFile).size).toBeLessThan(MAX_DIGEST_CACHE_BYTES);
    expect((await loadDigests(cacheFile)).digests.size).toBe(MAX_REMEMBERED_DIGESTS);
    await saveDigests(cacheFile, many(10));
    // Seen again, so not the oldest any more.
    await saveDigests(cacheFile, widest.slice(10, 11));
    await saveDigests(cacheFile, many(12).slice(10));
    const { digests } = await loadDigests(cacheFile);
    expect(digests.size).toBe(MAX_REMEMBERED_DIGESTS);
    const inodes = [...digests.values()].map((digest) => digest.identity.ino);
    expect(inodes).toContain(widest[10]?.identity.ino);
    expect(inodes).not.toContain(widest[9]?.identity.ino);
    expect(inodes).not.toContain(widest[11]?.identity.ino);
    expect(inodes.slice(-3)).toEqual([widest[10]?.identity.ino, 10n, 11n]);
  });

  it('loses nothing where several processes write at once', async () => {
    const script = (from: number): string => `
      const { saveDigests } = await import(${JSON.stringify(BUILT)});
      for (let ino = ${from}; ino < ${from} + 25; ino += 1) {
        const identity = { dev: 1n, ino: BigInt(ino), sizeBytes: 1, mtimeNs: 1n, ctimeNs: 1n };
        await saveDigests(${JSON.stringify(cacheFile)}, [{ identity, sha256: '${SOME}' }]);
      }`;
    const run = promisify(execFile);
    await Promise.all(
      [0, 25, 50].map((from) => run(process.execPath, ['--input-type=module', '--eval', script(from)])),
    );
    const { digests, ignored } = await loadDigests(cacheFile);
    expect(ignored).toBeNull();
    expect(digests.size).toBe(75);
  });
});

/** The most memory that this process had at once since `clear_refs` was told to forget what was before. */
function peakBytes(): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

/** What a careful forger does: the bytes change, the size stays, the modification time is put back. */
function changeSilently(): void {
  const { atime, mtime } = statSync(model);
  writeFileSync(model, Buffer.alloc(MIN_REMEMBERED_BYTES, 'y'));
  utimesSync(model, atime, mtime);
}

function replaceByCopy(): void {
  const copy = join(folder, 'copy');
  execFileSync('cp', ['--preserve=all', model, copy]);
  renameSync(copy, model);
}

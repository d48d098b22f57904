import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readOpenFilesLimit, readSwap } from '../../../src/system/process-limits.ts';
import { readServiceManager } from '../../../src/system/service-manager.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'milton-root-'));
  mkdirSync(join(root, 'proc/self'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('readOpenFilesLimit', () => {
  it.each([
    ['Max open files            1024                 524288               files', 1024],
    ['Max open files            unlimited            unlimited            files', Infinity],
    ['Max processes             1                    1                    processes', null],
  ])('reads the soft limit: %s', async (line, expected) => {
    writeFileSync(join(root, 'proc/self/limits'), `Limit  Soft Limit  Hard Limit  Units\n${line}\n`);
    expect(await readOpenFilesLimit({ root })).toBe(expected);
  });

  it('knows that of this process, and nothing where nothing says', async () => {
    if (process.platform === 'linux') expect(await readOpenFilesLimit()).toBeGreaterThan(10);
    expect(await readOpenFilesLimit({ root })).toBeNull();
  });
});

describe('readSwap', () => {
  it('is in bytes, and null where nothing says', async () => {
    expect(await readSwap({ root })).toBeNull();
    writeFileSync(join(root, 'proc/meminfo'), 'MemTotal:  8 kB\nSwapTotal:       2097148 kB\n');
    expect(await readSwap({ root })).toBe(2_097_148 * 1024);
  });
});

describe('readServiceManager', () => {
  it('knows systemd by its folder, and lingering by the file that logind keeps', async () => {
    expect(await readServiceManager({ root, user: 'pi' })).toEqual({
      isSystemd: false,
      user: 'pi',
      isLingering: false,
    });
    mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
    mkdirSync(join(root, 'var/lib/systemd/linger'), { recursive: true });
    writeFileSync(join(root, 'var/lib/systemd/linger/other'), '');
    expect(await readServiceManager({ root, user: 'pi' })).toMatchObject({
      isSystemd: true,
      isLingering: false,
    });
    writeFileSync(join(root, 'var/lib/systemd/linger/pi'), '');
    expect(await readServiceManager({ root, user: 'pi' })).toMatchObject({ isLingering: true });
  });
});

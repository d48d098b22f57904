import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashBytes } from '../../../src/system/digest.ts';
import { tryLockFile } from '../../../src/system/lock-file.ts';
import type { LockHolder } from '../../../src/system/lock-holder.ts';
import { readProcess } from '../../../src/system/machine.ts';

let folder: string;
let path: string;
let me: LockHolder;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'milton-lock-file-'));
  path = join(folder, 'lock.held');
  me = { ...(await readProcess()), command: 'me' };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Processes that had these ids and started at another time. */
const dead = (pid: number): LockHolder => ({ ...me, pid, start_time: '1', command: 'dead' });
const takeoverOf = ({ host, boot_id, pid, start_time }: LockHolder, of = path): string =>
  `${of}.${hashBytes(JSON.stringify([host, boot_id, pid, start_time])).slice(0, 12)}`;

describe('tryLockFile', () => {
  it('says who holds it, and leaves nothing when it is given back', async () => {
    const release = await tryLockFile(path, me);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(me);
    expect(await tryLockFile(path, me)).toBeNull();
    await release?.();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes over from the dead, also where others died while they took over', async () => {
    writeFileSync(path, JSON.stringify(dead(1)));
    writeFileSync(takeoverOf(dead(1)), JSON.stringify(dead(2)));
    writeFileSync(takeoverOf(dead(2), takeoverOf(dead(1))), JSON.stringify(dead(3)));
    const release = await tryLockFile(path, me);
    expect(release).not.toBeNull();
    await release?.();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('waits for who is taking over', async () => {
    writeFileSync(path, JSON.stringify(dead(1)));
    writeFileSync(takeoverOf(dead(1)), JSON.stringify(me));
    expect(await tryLockFile(path, me)).toBeNull();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(dead(1));
  });
});

/**
 * Where there is no flock(2), several that saw a holder dead removed its lock one after the other, the slower ones that of the
 * faster: up to three held the lock at once.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readProcess, withLock } from '../../src/system/index.ts';

const ROUNDS = 30;
const CONTENDERS = 8;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-takeover-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const dead = async (pid = 1) => ({ ...(await readProcess()), pid, start_time: '1', command: 'dead' });

describe('the lock file of a dead holder', () => {
  it(`is taken over by one at a time, ${ROUNDS} times by ${CONTENDERS} that begin a moment apart`, async () => {
    const path = join(folder, 'lock');
    let most = 0;
    let turns = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await writeFile(`${path}.held`, JSON.stringify(await dead()));
      let inside = 0;
      const contend = async (): Promise<void> => {
        await sleep(Math.random() * 4);
        await withLock(path, { command: 'c', flock: null, waitMs: 60_000 }, async () => {
          inside += 1;
          turns += 1;
          most = Math.max(most, inside);
          await sleep(1);
          inside -= 1;
        });
      };
      await Promise.all(Array.from({ length: CONTENDERS }, contend));
    }
    expect({ most, turns }).toEqual({ most: 1, turns: ROUNDS * CONTENDERS });
    expect(await readdir(folder)).toEqual([]);
  });
});

/** A short `npm run races`: what the long one does for minutes, and that it finds out what it is there for. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../races/races.mjs', import.meta.url));
const run = promisify(execFile);

const races = (...args: readonly string[]) => run(process.execPath, [SCRIPT, ...args]);

describe('npm run races', () => {
  it('holds two processes at the barrier, and only one is ever past the plan', async () => {
    const { stdout, stderr } = await races('--barriers', '8', '--swaps', '0', '--rounds', '0');
    expect({ stdout, stderr }).toEqual({ stdout: 'races: 8 barriers, 0 double plans\n', stderr: '' });
  });

  it('has readers resolve the link and hash the manifest while it is swapped', async () => {
    const { stdout, stderr } = await races('--barriers', '0', '--swaps', '2000', '--rounds', '0');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^races: 2,000 swaps, [0-9,]+ reads, 0 failures\n$/);
  });

  it('sees the moment without a link where it is removed and made anew', async () => {
    const wrong = races('--barriers', '0', '--swaps', '2000', '--rounds', '0', '--swap', 'unlink');
    await expect(wrong).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^races: 2,000 swaps, [0-9,]+ reads, [1-9][0-9,]* failures\n$/),
      stderr: expect.stringContaining('ENOENT'),
    });
  });

  it('starts commands of all kinds at once, and leaves both targets whole', async () => {
    const { stdout, stderr } = await races('--barriers', '0', '--swaps', '0', '--rounds', '2');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^races: 2 rounds of [0-9]+ commands, [0-9]+ killed, 0 faults\n$/);
  });
});

/** Two operators at one target: the second is refused with the name of the first, or waits as long as it was told to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStepped, type Stepped } from '../races/stepped.mjs';
import { MAIN } from './run-milton.ts';
import { useShop } from './shop.ts';

const shop = useShop();
let bundle: string;
let other: string;
let holder: Stepped;

beforeAll(async () => {
  bundle = await shop.bundle('v1', await shop.model('a.gguf'));
  other = await shop.bundle('v2', await shop.model('b.gguf', { seed: 2 }));
});

beforeEach(async () => {
  await rm(join(shop.folder, 'srv'), { recursive: true, force: true });
  await mkdir(join(shop.folder, 'srv'));
  holder = startStepped();
  holder.begin({
    kind: 'deploy',
    bundle,
    target: shop.target,
    stateDir: shop.state,
    holdAt: ['staging'],
  });
  const { at } = await holder.next();
  if (at !== 'staging') throw new Error(`The holder did not come to its staging, but to ${at}.`);
});
afterEach(() => holder.kill());

const deploy = (...args: string[]) =>
  shop.document('deploy', '--bundle', other, '--target-path', shop.target, '--skip-load-test', ...args);

describe('a second deployment of one target', () => {
  it('is refused at once with exit code 1, and names the first', async () => {
    const { exitCode, json } = await deploy();
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({
      ok: false,
      error: {
        code: 'TARGET_BUSY',
        aftermath: 'unchanged',
        message: expect.stringContaining(`process ${holder.pid} `),
        hint: expect.stringContaining('--wait 60s'),
        details: { holder_pid: holder.pid, holder_command: 'deploy v1' },
      },
    });
  });

  it('waits with --wait, and goes live after the first', async () => {
    const lockTried = await watchLock();
    const waiting = deploy('--wait', '60s');
    await lockTried();
    holder.goOn();
    expect((await holder.next()).end).toMatchObject({ state: 'live' });
    expect(await waiting).toMatchObject({ exitCode: 0, json: { ok: true } });
    expect(basename(await readlink(shop.target))).toContain('_v2_');
    const journal = await readFile(join(shop.folder, 'srv/.llm.milton/journal.jsonl'), 'utf8');
    const lines = journal.trim().split('\n');
    const versions = lines.map((line) => (JSON.parse(line) as { version: string }).version).join(' ');
    // One after the other: the second has no line before the last of the first.
    expect(versions).toMatch(/(^| )v1( v1)*( v2)+$/);
  });

  it('is refused when the wait is over, still naming the first', async () => {
    const { exitCode, json } = await deploy('--wait', '300ms');
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ error: { code: 'TARGET_BUSY', details: { holder_pid: holder.pid } } });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends its wait at %s with exit code 130', async (signal) => {
    const args = ['deploy', '--bundle', other, '--target-path', shop.target, '--skip-load-test'];
    const lockTried = await watchLock();
    const child = spawn(process.execPath, [MAIN, ...args, '--wait', '60s', '--json'], {
      env: { PATH: process.env['PATH'] ?? '', MILTON_STATE_DIR: shop.state },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const closed = once(child, 'close');
    await lockTried();
    child.kill(signal);
    expect(await closed).toEqual([130, null]);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'CORE_INTERRUPTED', aftermath: 'unchanged' },
    });
    holder.goOn();
    expect((await holder.next()).end).toMatchObject({ state: 'live' });
    expect(basename(await readlink(shop.target))).toContain('_v1_');
  });

  it('is seen at work by milton status, which waits for nobody', async () => {
    const { exitCode, stdout } = await shop.milton('status', '--target-path', shop.target);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`is now staging (process ${holder.pid}, last step`);
  });
});

/** Whoever tries the lock sets its mode first, which the file's change time shows. */
async function watchLock(): Promise<() => Promise<void>> {
  const lock = join(shop.folder, 'srv/.llm.milton/lock');
  const { ctimeNs: before } = await stat(lock, { bigint: true });
  return async () => {
    while ((await stat(lock, { bigint: true })).ctimeNs === before) await sleep(20);
  };
}

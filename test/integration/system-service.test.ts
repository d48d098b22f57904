import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestHttp, runCommand } from '../../src/system/index.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-service-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function isAlive(pidFile: string): Promise<boolean> {
  const pid = (await readFile(pidFile, 'utf8')).trim();
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The dead that nobody buried yet (Z) run no more.
  return stat !== null && !stat.includes(') Z ');
}

describe('runCommand', () => {
  it('tells the exit code, and hands down what it is told to', async () => {
    expect(await runCommand('exit $CODE', { timeoutMs: 5000, env: { CODE: '3' } })).toMatchObject({
      kind: 'exited',
      exitCode: 3,
      reason: 'exit code 3',
    });
  });

  it('ends a command that takes too long, with what it started', async () => {
    const file = join(folder, 'pid');
    const end = await runCommand(`sleep 60 & echo $! > ${file}; wait`, { timeoutMs: 300 });
    expect(end).toMatchObject({ kind: 'timed-out', exitCode: null });
    await sleep(50);
    expect(await isAlive(file)).toBe(false);
  });

  it('leaves a server that the command started running', async () => {
    const file = join(folder, 'pid');
    const end = await runCommand(`sleep 60 & echo $! > ${file}`, { timeoutMs: 5000 });
    expect(end.exitCode).toBe(0);
    expect(await isAlive(file)).toBe(true);
    process.kill(Number(await readFile(file, 'utf8')));
  });

  it('ends with an interrupt', async () => {
    const controller = new AbortController();
    const running = runCommand('sleep 60', { timeoutMs: 60_000, signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    expect(await running).toMatchObject({ kind: 'cancelled' });
    expect(await runCommand('true', { timeoutMs: 1000, signal: controller.signal })).toMatchObject({
      kind: 'cancelled',
    });
  });

  it('tells a signal', async () => {
    expect(await runCommand('kill -9 $$', { timeoutMs: 5000 })).toMatchObject({
      kind: 'signalled',
      reason: 'ended by SIGKILL',
    });
  });
});

describe('requestHttp', () => {
  let server: Server;
  let url: URL;

  beforeEach(async () => {
    server = createServer((request, response) => {
      if (request.url === '/slow') return;
      if (request.url === '/large') return void response.end('x'.repeat(5000));
      if (request.url === '/away') return void response.writeHead(302, { location: '/' }).end();
      if (request.url === '/cut') return void request.socket.destroy();
      request.pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = new URL(`http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/`);
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const limits = { timeoutMs: 2000, maxBytes: 1000 };

  it('gives status and body', async () => {
    const answer = await requestHttp(url, { ...limits, json: '{"a":1}' });
    expect(answer).toMatchObject({ kind: 'answered', status: 200 });
    expect(answer.kind === 'answered' && Buffer.from(answer.body).toString()).toBe('{"a":1}');
  });

  it('follows no redirect', async () => {
    expect(await requestHttp(new URL('/away', url), limits)).toMatchObject({ status: 302 });
  });

  it.each([
    ['/slow', 'no answer within 200 ms'],
    ['/large', 'the answer has more than 1000 bytes'],
    ['/cut', 'socket hang up'],
  ])('fails with the reason for %s', async (path, reason) => {
    expect(await requestHttp(new URL(path, url), { ...limits, timeoutMs: 200 })).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining(reason) as string,
    });
  });

  it('says that nobody listens', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await requestHttp(url, limits)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});

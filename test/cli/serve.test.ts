import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { descendants, endServed, startServed, untilGone, type RunningMilton } from './served.ts';
import { useShop, type Model } from './shop.ts';

const shop = useShop();
let v1: Model;

beforeAll(async () => {
  v1 = await shop.model('a.gguf', { contextLength: 8192 });
});
afterEach(endServed);

const serve = (...args: string[]): Promise<RunningMilton> =>
  startServed(args, { MILTON_STATE_DIR: shop.state });

const serveFile = (...args: string[]): Promise<RunningMilton> => serve('--model', v1.path, ...args);

/** Starts a long answer, and comes back when its first piece is there. */
async function beginAnswer(server: RunningMilton, maxTokens: number): Promise<() => Promise<string>> {
  const body = { prompt: 'bota', temperature: 0, max_tokens: maxTokens, stream: true };
  const reader = (await server.complete(body)).body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('There is no body.');
  let text = (await reader.read()).value ?? '';
  return async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return text;
      text += value;
    }
  };
}

describe('milton serve --model', () => {
  it('serves a file, with the digest that it has', async () => {
    const server = await serveFile('--json', '--verbose', '--context', '512');
    expect(await server.health()).toMatchObject({
      status: 'ok',
      model: 'a',
      sha256: v1.sha256,
      release: null,
    });
    const response = await server.complete({ model: 'a', prompt: 'bota', temperature: 0, max_tokens: 3 });
    expect(await response.json()).toMatchObject({ usage: { completion_tokens: 3 } });
    expect((await server.complete({}, '/v1/\u001b]0;x')).status).toBe(404);
    server.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await server.finished;
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      url: server.url,
      model_version: 'a',
      artifact_sha256: v1.sha256,
      release_id: null,
      model_path: v1.path,
      context_tokens: 512,
      ended: 'drained',
      requests: 3,
    });
    expect(stderr).toMatch(/^127\.0\.0\.1 GET \/health 200, /m);
    expect(stderr).toMatch(/^127\.0\.0\.1 POST \/v1\/completions 200, .*, \d \+ 3 tokens$/m);
    // eslint-disable-next-line no-control-regex
    expect(stderr).not.toMatch(/\u001b/);
  });

  it('finishes the answer that it gives when it is stopped, as a service manager stops it', async () => {
    const server = await serveFile('--drain', '60s');
    const rest = await beginAnswer(server, 1500);
    const engine = descendants(server.pid);
    expect(engine.length).toBeGreaterThan(0);
    // systemd sends it to every process of the service.
    for (const pid of [server.pid, ...engine]) process.kill(pid, 'SIGTERM');
    const text = await rest();
    expect(text).toMatch(/"finish_reason":"length".*\n\ndata: \[DONE\]\n\n$/s);
    const { exitCode, stdout } = await server.finished;
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'a served 1 request; every answer was complete.\n',
    });
    await untilGone(engine);
  });

  it('cuts an answer off that takes longer than it has', async () => {
    const server = await serveFile('--drain', '1ms');
    const rest = await beginAnswer(server, 4000);
    server.kill('SIGINT');
    expect(await rest()).toContain('"code":"shutting_down"');
    const { exitCode, stdout } = await server.finished;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('was cut off');
  });

  it('ends at once at the second signal, and leaves no engine behind', async () => {
    const server = await serveFile('--drain', '10m');
    const rest = await beginAnswer(server, 4000);
    const engine = descendants(server.pid);
    server.kill('SIGTERM');
    while (!server.stderr().includes('Stopping')) await new Promise((resolve) => setTimeout(resolve, 5));
    server.kill('SIGTERM');
    const { exitCode } = await server.finished;
    expect(exitCode).toBe(130);
    await rest().catch(() => undefined);
    await untilGone(engine);
  });

  it('ends with the failure of its engine, so that it is started again', async () => {
    const server = await serveFile('--json');
    const engine = descendants(server.pid);
    for (const pid of engine) process.kill(pid, 'SIGKILL');
    const { exitCode, stdout } = await server.finished;
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: expect.stringMatching(/^ENGINE_(CRASHED|OUT_OF_MEMORY)$/) as string },
    });
  });

  it('takes its engine with it when it is killed', async () => {
    const server = await serveFile();
    const engine = descendants(server.pid);
    server.kill('SIGKILL');
    await server.finished;
    await untilGone(engine);
  });

  it('says before it loads anything what it cannot do', async () => {
    const refused = async (...args: string[]) => {
      const { exitCode, json } = await shop.document('serve', ...args);
      return [exitCode, (json['error'] as { code: string }).code];
    };
    expect(await refused('--model', v1.path, '--verify')).toEqual([2, 'CLI_USAGE']);
    expect(await refused('--model', v1.path, '--target-path', 'x')).toEqual([2, 'CLI_USAGE']);
    expect(await refused('--model', v1.path, '--port', '65536')).toEqual([2, 'CLI_USAGE']);
    expect(await refused('--model', v1.path, '--host', '0.0.0.0')).toEqual([2, 'SERVE_REMOTE_UNGUARDED']);
    expect(await refused('--model', join(shop.folder, 'none.gguf'))).toEqual([1, 'SYSTEM_FILE_MISSING']);
    await writeFile(join(shop.folder, 'key'), 'short', { mode: 0o600 });
    const key = ['--api-key-file', join(shop.folder, 'key')];
    expect(await refused('--model', v1.path, ...key)).toEqual([1, 'SERVE_KEY_UNUSABLE']);
    const server = await serveFile();
    const { port } = new URL(server.url);
    expect(await refused('--model', v1.path, '--port', port)).toEqual([1, 'SERVE_ADDRESS_TAKEN']);
  });
});

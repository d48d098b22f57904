import { describe, expect, it } from 'vitest';
import { isPortTaken, toStartFailure } from '../../../src/engine/server-failures.ts';

const FACTS = { action: 'load', path: '/models/a.gguf', limits: { memoryBytes: 5e8, wallMs: 1500 } };
const ENDED = { kind: 'exited', code: 1 } as const;

describe('toStartFailure', () => {
  it.each([
    ['error: invalid argument: --nonsense', 'ENGINE_FLAG_REFUSED'],
    ['error while handling argument "-fa": x\nerror: unknown value for argument -fa', 'ENGINE_FLAG_REFUSED'],
    ['llama_model_load: error loading model: bad magic', 'ENGINE_LOAD_FAILED'],
    ["srv  load_model: failed to load model, '/models/a.gguf'", 'ENGINE_LOAD_FAILED'],
    ['something else', 'ENGINE_CRASHED'],
  ])('tells %j', (stderr, code) => {
    expect(toStartFailure(ENDED, FACTS, stderr)).toMatchObject({ code });
  });

  it('leaves signals and limits to those who know them', () => {
    const stderr = 'error: invalid argument: --x';
    expect(toStartFailure({ kind: 'timed-out', limitMs: 5 }, FACTS, stderr).code).toBe('ENGINE_TIMED_OUT');
  });
});

describe('isPortTaken', () => {
  it('knows the words of the server', () => {
    expect(isPortTaken("start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 8080")).toBe(
      true,
    );
    expect(isPortTaken('main: server is listening')).toBe(false);
  });
});

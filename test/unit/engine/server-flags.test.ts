import { describe, expect, it } from 'vitest';
import { assertServerFlags, lastValueOf } from '../../../src/engine/server-flags.ts';

describe('assertServerFlags', () => {
  it('lets flags pass that tune the server', () => {
    const flags = [
      '-fa',
      'off',
      '-ctk',
      'q8_0',
      '-t',
      '4',
      '--no-mmap',
      '--chat-template-file',
      '/m',
      '-md',
      'd',
    ];
    expect(() => assertServerFlags(flags)).not.toThrow();
  });

  it.each([
    ['--model'],
    ['-m'],
    ['-hf'],
    ['--hf_repo'],
    ['--model-url=http://example.org/x.gguf'],
    ['--host'],
    ['--port'],
    ['-c'],
    ['--ctx_size'],
    ['--rpc'],
    ['--api-key'],
    ['--embeddings'],
    ['--gpt-oss-20b-default'],
    ['--fim-qwen-7b-spec'],
    ['--version'],
  ])('refuses %s as wrong usage, and names it', (flag) => {
    expect(() => assertServerFlags(['-fa', 'off', flag, 'x'])).toThrow(
      expect.objectContaining({
        code: 'ENGINE_FLAG_REFUSED',
        exitCode: 2,
        details: expect.objectContaining({ received: flag }),
      }),
    );
  });
});

describe('lastValueOf', () => {
  it('gives what llama-server would take: the last one', () => {
    expect(lastValueOf(['-t', '2', '--threads', '6'], ['-t', '--threads'])).toBe('6');
    expect(lastValueOf(['-fa', 'off'], ['-t', '--threads'])).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { parseTester, toTesterJson, type LoadTester } from '../../../src/deploy/load-tester.ts';

describe('parseTester', () => {
  it.each<LoadTester>([
    { kind: 'embedded' },
    { kind: 'llama-server', path: '/usr/bin/llama-server', flags: ['-fa', 'off'] },
    { kind: 'command', command: 'ask | grep -q yes', timeoutMs: 5000 },
  ])('reads what was written: %j', (tester) => {
    expect(parseTester(toTesterJson(tester))).toEqual(tester);
  });

  it.each([
    [undefined],
    ['llama-server'],
    [{ kind: 'oracle' }],
    [{ kind: 'llama-server', path: '/x' }],
    [{ kind: 'llama-server', path: '/x', flags: ['-fa', 1] }],
    [{ kind: 'command', command: 'x' }],
  ])('follows nothing that it does not know: %j', (value) => {
    expect(parseTester(value)).toBeNull();
  });
});

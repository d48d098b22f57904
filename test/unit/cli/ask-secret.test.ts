import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { askSecret, type SecretInput } from '../../../src/cli/ask-secret.ts';

class Terminal extends EventEmitter implements SecretInput {
  readonly isTTY: boolean = true;
  readonly written: string[] = [];
  readonly modes: boolean[] = [];
  setRawMode(mode: boolean): void {
    this.modes.push(mode);
  }
  setEncoding(): void {}
  resume(): void {}
  pause(): void {}
  write(text: string): void {
    this.written.push(text);
  }
}

/** Types into it once it is asked. */
function ask(...typed: string[]): { readonly terminal: Terminal; readonly answer: Promise<string | null> } {
  const terminal = new Terminal();
  const answer = askSecret('Passphrase: ', { input: terminal, output: terminal });
  for (const text of typed) terminal.emit('data', text);
  return { terminal, answer };
}

describe('askSecret', () => {
  it('takes what is typed up to the end of the line, and shows none of it', async () => {
    const { terminal, answer } = ask('op', 'em\u007fn sesame', '\r');
    expect(await answer).toBe('open sesame');
    expect(terminal.written).toEqual(['Passphrase: ', '\n']);
    expect(terminal.modes).toEqual([true, false]);
    expect(terminal.listenerCount('data')).toBe(0);
  });

  it.each([['\u0003'], ['\u0004'], ['x'.repeat(1025)]])(
    'gives up at %j, and leaves the terminal as it was',
    async (typed) => {
      const { terminal, answer } = ask('half', typed);
      await expect(answer).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
      expect(terminal.modes).toEqual([true, false]);
    },
  );

  it('gives up where the terminal goes away', async () => {
    const { terminal, answer } = ask('half');
    terminal.emit('end');
    await expect(answer).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
  });

  it('asks nothing where there is no terminal', async () => {
    const terminal = new Terminal();
    const pipe = { isTTY: false, write: (text: string) => terminal.write(text) };
    expect(await askSecret('?', { input: terminal, output: pipe })).toBeNull();
    expect(terminal.written).toEqual([]);
  });
});

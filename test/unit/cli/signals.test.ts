import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { listenForInterrupts } from '../../../src/cli/signals.ts';
import { Failure } from '../../../src/core/index.ts';

function listening() {
  const source = new EventEmitter();
  const notices: string[] = [];
  let gaveUp = 0;
  const interrupts = listenForInterrupts(source, {
    onNotice: (text) => notices.push(text),
    onGiveUp: () => (gaveUp += 1),
  });
  const send = (name = 'SIGINT') => source.emit(name, name);
  return { interrupts, notices, send, gaveUp: () => gaveUp, source };
}

describe('listenForInterrupts', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('asks the job to stop at the first %s', (name) => {
    const { interrupts, send } = listening();
    expect(interrupts.signal.aborted).toBe(false);
    send(name);
    expect(interrupts.signal.reason).toBeInstanceOf(Failure);
    expect(interrupts.signal.reason).toMatchObject({ code: 'CORE_INTERRUPTED', exitCode: 130 });
  });

  it('ends the process at the third one only', () => {
    const { notices, send, gaveUp } = listening();
    send();
    send();
    expect(gaveUp()).toBe(0);
    expect(notices[1]).toContain('once more');
    send();
    expect(gaveUp()).toBe(1);
  });

  it('ends it at the second one where nothing would be left half done', () => {
    const { interrupts, notices, send, gaveUp } = listening();
    interrupts.endAtSecond();
    send();
    expect({ gaveUp: gaveUp(), notices }).toEqual({ gaveUp: 0, notices: ['Stopping (Ctrl-C) …'] });
    send();
    expect(gaveUp()).toBe(1);
  });

  it('never does while the job is shielded', async () => {
    const { interrupts, notices, send, gaveUp } = listening();
    await interrupts.shield(async () => {
      for (let count = 0; count < 5; count += 1) send();
      await Promise.resolve();
    });
    expect(gaveUp()).toBe(0);
    expect(notices.at(-1)).toContain('Please wait');
    await expect(interrupts.shield(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
    send();
    expect(gaveUp()).toBe(1);
  });

  it('leaves nothing behind', () => {
    const { interrupts, source } = listening();
    interrupts.dispose();
    expect(source.eventNames()).toEqual([]);
  });
});

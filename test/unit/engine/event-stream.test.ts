import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventReader, type ServerSentEvent } from '../../../src/engine/event-stream.ts';
import { MAX_EVENT_LENGTH, MAX_EVENT_LINE_LENGTH } from '../../../src/engine/limits.ts';

function read(...parts: readonly (string | Uint8Array)[]): readonly ServerSentEvent[] {
  const reader = createEventReader();
  return parts.flatMap((part) => reader.push(typeof part === 'string' ? Buffer.from(part) : part));
}

const dataOf = (...parts: readonly string[]): readonly string[] => read(...parts).map(({ data }) => data);

describe('createEventReader', () => {
  it('reads the examples of the standard', () => {
    expect(dataOf('data: YHOO\ndata: +2\ndata: 10\n\n')).toEqual(['YHOO\n+2\n10']);
    expect(
      read(': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event'),
    ).toEqual([
      { type: 'message', data: 'first event', id: '1' },
      { type: 'message', data: 'second event', id: '' },
    ]);
    expect(dataOf('data\n\ndata\ndata\n\ndata:')).toEqual(['', '\n']);
    expect(dataOf('data:test\n\ndata: test\n\n')).toEqual(['test', 'test']);
  });

  it('ends lines at LF, CR and CR LF, wherever the pieces end', () => {
    expect(dataOf('data: a\r\rdata: b\r\n\r\ndata: c\n\n')).toEqual(['a', 'b', 'c']);
    expect(dataOf('data: a\r', '\n', '\r', '\ndata: b\r\n\r', '\n')).toEqual(['a', 'b']);
    expect(dataOf('data: a\r', '', '\ndata: b\n\n')).toEqual(['a\nb']);
    expect(dataOf('data: a\r', '\r')).toEqual(['a']);
  });

  it('drops one byte order mark, and only at the beginning', () => {
    expect(dataOf('\ufeffdata: a\n\n\ufeffdata: b\n\n')).toEqual(['a']);
    const [first, ...rest] = Buffer.from('\ufeffdata: \ufeffa\n\n');
    expect(read(Uint8Array.of(first ?? 0), Uint8Array.from(rest))[0]?.data).toBe('\ufeffa');
  });

  it('puts characters together that were split, and marks bytes that are none', () => {
    const bytes = Buffer.from('data: größe 🦙\n\n');
    expect(read(...[...bytes].map((byte) => Uint8Array.of(byte)))[0]?.data).toBe('größe 🦙');
    expect(read(Buffer.from([...Buffer.from('data: '), 0xff, 0x0a, 0x0a]))[0]?.data).toBe('\ufffd');
  });

  it('keeps types and ids as told, and knows no other field', () => {
    expect(
      read('event: error\nid: 7\nretry: 10\nfoo: bar\n data: x\ndata: {}\n\ndata: next\nid: a\0b\n\n'),
    ).toEqual([
      { type: 'error', data: '{}', id: '7' },
      { type: 'message', data: 'next', id: '7' },
    ]);
    expect(read('event: lonely\n\ndata: x\n\n')).toEqual([{ type: 'message', data: 'x', id: '' }]);
  });

  it('refuses a line and an event that never end, with ENGINE_REPLY_INVALID', () => {
    const refused = expect.objectContaining({ code: 'ENGINE_REPLY_INVALID' }) as Error;
    const reader = createEventReader();
    const piece = Buffer.alloc(MAX_EVENT_LINE_LENGTH / 4, 'a');
    for (let count = 0; count < 4; count += 1) reader.push(piece);
    expect(() => reader.push(Buffer.from('a'))).toThrow(refused);
    const lines = `data: ${'b'.repeat(1000)}\n`.repeat(MAX_EVENT_LENGTH / 1000 + 1);
    expect(() => read(lines)).toThrow(refused);
  });

  it('gives the same events however a stream is cut', () => {
    const field = fc.constantFrom('data', 'data:', 'data: ', ':', 'event:', 'id: ', 'x: ', 'data: [DONE]');
    const text = fc.string({ unit: 'grapheme', maxLength: 8 });
    const line = fc.tuple(field, text, fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n'));
    const stream = fc.array(line, { maxLength: 12 }).map((lines) => lines.flat().join(''));
    fc.assert(
      fc.property(stream, fc.boolean(), fc.array(fc.nat(200), { maxLength: 12 }), (stream, mark, cuts) => {
        const bytes = Buffer.from((mark ? '\ufeff' : '') + stream);
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
          (a, b) => a - b,
        );
        const parts = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(read(...parts)).toEqual(read(bytes));
      }),
    );
  });

  it('reads back what was written as events', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { maxLength: 5 }), (events) => {
        const stream = events.map((lines) => `${lines.map((line) => `data: ${line}\n`).join('')}\n`).join('');
        expect(dataOf(stream)).toEqual(events.map((lines) => lines.join('\n')));
      }),
    );
  });
});

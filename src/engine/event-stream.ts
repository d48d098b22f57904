/**
 * Server-sent events from bytes that come in pieces of any size, as the HTML standard reads them (section 9.2.6,
 * "Interpreting an event stream"). Pure. What never leaves the parser is `retry`: nothing here connects again.
 */
import { EngineFailure } from './error.ts';
import { MAX_EVENT_LENGTH, MAX_EVENT_LINE_LENGTH } from './limits.ts';

export interface ServerSentEvent {
  /** `message` where the stream names none. */
  readonly type: string;
  readonly data: string;
  /** The last id that the stream gave so far. */
  readonly id: string;
}

export interface EventReader {
  /**
   * The events that these bytes complete. An event that the stream breaks off in is never given out. Throws
   * `ENGINE_REPLY_INVALID` where a line or an event is longer than any of an answer.
   */
  push(bytes: Uint8Array): readonly ServerSentEvent[];
}

export function createEventReader(): EventReader {
  // UTF-8 decode: a character may be split between pieces, a byte order mark at the beginning is dropped (9.2.5).
  const decoder = new TextDecoder('utf-8');
  let line = '';
  let endedByReturn = false;
  let type = '';
  let data: string[] = [];
  let dataLength = 0;
  let id = '';

  const toEvent = (): ServerSentEvent | null => {
    const event =
      data.length === 0 ? null : { type: type === '' ? 'message' : type, data: data.join('\n'), id };
    [type, data, dataLength] = ['', [], 0];
    return event;
  };
  const readField = (name: string, value: string): void => {
    if (name === 'event') type = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
    else if (name === 'data') {
      dataLength += value.length + 1;
      if (dataLength > MAX_EVENT_LENGTH) throw tooLong('event', MAX_EVENT_LENGTH);
      data.push(value);
    }
  };
  const readLine = (): ServerSentEvent | null => {
    const read = line;
    line = '';
    if (read === '') return toEvent();
    const colon = read.indexOf(':');
    // Neither a comment, which begins with the colon, nor an unknown field means anything.
    if (colon < 0) readField(read, '');
    else readField(read.slice(0, colon), read.slice(read[colon + 1] === ' ' ? colon + 2 : colon + 1));
    return null;
  };

  return {
    push(bytes) {
      const text = decoder.decode(bytes, { stream: true });
      const events: ServerSentEvent[] = [];
      let at = 0;
      // A line feed that belongs to the carriage return at the end of the piece before.
      if (endedByReturn && text !== '') {
        endedByReturn = false;
        if (text.startsWith('\n')) at = 1;
      }
      for (;;) {
        const end = findLineEnd(text, at);
        line += text.slice(at, end);
        if (line.length > MAX_EVENT_LINE_LENGTH) throw tooLong('line', MAX_EVENT_LINE_LENGTH);
        if (end === text.length) return events;
        const event = readLine();
        if (event !== null) events.push(event);
        at = end + (text.startsWith('\r\n', end) ? 2 : 1);
        if (text[end] === '\r' && end + 1 === text.length) endedByReturn = true;
      }
    },
  };
}

/** CR LF, LF or CR; the length of the text where there is none. */
function findLineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x0d) return at;
  }
  return text.length;
}

function tooLong(what: string, max: number): EngineFailure {
  return new EngineFailure(
    'ENGINE_REPLY_INVALID',
    `The stream of the server holds a ${what} of more than ${max} characters.`,
    { details: { expected: `at most ${max} characters`, received: 'more' } },
  );
}

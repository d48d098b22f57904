import { describe, expect, it } from 'vitest';
import { isPlainText, startsAsText, textLines, textWindows } from '../../../src/hf/text.ts';

describe('isPlainText', () => {
  it('takes UTF-8 with tabs, line feeds, form feeds and carriage returns', () => {
    expect(isPlainText(Buffer.from('a\tb\r\nc\fd 世界\u007f'))).toBe(true);
    expect(isPlainText(Buffer.alloc(0))).toBe(true);
  });

  it.each([0x00, 0x01, 0x08, 0x0b, 0x1a, 0x1b, 0x1f, 0x80, 0xff])('refuses byte %i', (byte) => {
    expect(isPlainText(Buffer.from([0x61, byte, 0x62]))).toBe(false);
    expect(startsAsText(Buffer.from([0x61, byte, 0x62, 0x62, 0x62, 0x62]))).toBe(false);
  });
});

describe('startsAsText', () => {
  it('forgives a last character that is cut', () => {
    const text = Buffer.from('a😀');
    for (let length = 1; length <= text.length; length += 1) {
      expect(startsAsText(text.subarray(0, length))).toBe(true);
    }
  });
});

describe('textLines', () => {
  it('gives each line without its end, and no more of it than asked for', () => {
    expect([...textLines(Buffer.from('a\r\n\nlonger\nend'), 4)]).toEqual(['a', '', 'long', 'end']);
  });
});

describe('textWindows', () => {
  it('overlap, so that nothing falls between them', () => {
    const bytes = Buffer.alloc(1024 * 1024 + 10, 'a');
    bytes.write('needle', 1024 * 1024 - 3);
    expect([...textWindows(bytes, 6)].some((window) => window.includes('needle'))).toBe(true);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonTree } from '../../../src/core/index.ts';
import { scanJson, type JsonMember } from '../../../src/hf/json-scan.ts';

const scan = (text: string, options = {}) => scanJson(Buffer.from(text), options);

describe('scanJson', () => {
  it('agrees with the parser on any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(scan(text).ok).toBe(parses(text));
      }),
    );
  });

  it('agrees with the parser on text that is nearly JSON', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\n"',
      '"\\u00e9"',
      '"\\x"',
      '1',
      '-0',
      '01',
      '1e5',
      '1.',
      'true',
      'nul',
      ' ',
      '\n',
      '"\u0001"',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
        expect(scan(parts.join('')).ok).toBe(parses(parts.join('')));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['a key twice', '{"a": 1,\n "a": 2}', /"a" stands twice/],
    ['a key twice, once escaped', '{"a": 1,\n "\\u0061": 2}', /stands twice/],
    ['a second document', '{}\n{}', /end of the text/],
    ['NaN', '[\nNaN]', /expected a value/],
    ['a number too large', '[\n1e999]', /too large/],
    ['an open end', '{"a":\n', /ends where a value/],
  ])('says what is wrong with %s, and where', (_, text, words) => {
    expect(scan(text)).toMatchObject({ ok: false, line: 2, what: expect.stringMatching(words) });
  });

  it('holds depth and the number of keys to their limits', () => {
    expect(scan('['.repeat(65))).toMatchObject({ what: expect.stringMatching(/64 levels/) });
    expect(scan('{"a":1,"b":2}', { maxKeys: 1 })).toMatchObject({ what: expect.stringMatching(/more keys/) });
    const long = Array.from({ length: 90 }, (_, index) => `"${'k'.repeat(100_000)}${index}":0`);
    expect(scan(`{${long.join(',')}}`)).toMatchObject({ what: expect.stringMatching(/more keys/) });
  });

  it('tells members with their place', () => {
    const members: JsonMember[] = [];
    scan('{"a": {"b": [], "c": "x"}, "d": [{"e": 1}]}', {
      onMember: (member: JsonMember) => members.push(member),
    });
    expect(
      members.map(({ key, parentKey, depth, kind, isEmpty, text }) => [
        key,
        parentKey,
        depth,
        kind,
        isEmpty,
        text,
      ]),
    ).toEqual([
      ['a', null, 1, 'object', false, null],
      ['b', 'a', 2, 'array', true, null],
      ['c', 'a', 2, 'string', false, 'x'],
      ['d', null, 1, 'array', false, null],
      ['e', null, 3, 'number', false, null],
    ]);
  });
});

function parses(text: string): boolean {
  try {
    parseJsonTree(text);
    return true;
  } catch {
    return false;
  }
}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoreFailure } from '../../../src/core/error.ts';
import { decodeUtf8, parseJson, parseJsonTree } from '../../../src/core/json-parser.ts';
import { formatJson, JsonNumber, type JsonTree } from '../../../src/core/json.ts';

describe('parseJson', () => {
  it('agrees with JSON.parse on every document without a duplicate key', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, 2, '\t'), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(parseJson(spaced)).toEqual(JSON.parse(spaced));
        expect(parseJson(new TextEncoder().encode(spaced))).toEqual(JSON.parse(spaced));
      }),
    );
  });

  it('takes no text that JSON.parse refuses, and throws nothing but a CoreFailure', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ', ',
      ':',
      '"',
      '\\',
      'u00e9',
      '0',
      '-',
      '1.5',
      'e9',
      'true',
      'null',
      'NaN',
      ' ',
      '\n',
      'a',
      '\u0001',
      '\uFEFF',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          const ours = attempt(() => parseJson(text));
          const theirs = attempt((): unknown => JSON.parse(text));
          if (ours.ok) {
            expect(theirs).toEqual(ours);
          } else {
            expect(ours.error).toBeInstanceOf(CoreFailure);
            const { code } = ours.error as CoreFailure;
            if (theirs.ok) expect(['CORE_JSON_DUPLICATE_KEY', 'CORE_JSON_NOT_FINITE']).toContain(code);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('reads any bytes, or throws a CoreFailure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const result = attempt(() => parseJson(bytes));
        expect(result.ok || result.error instanceof CoreFailure).toBe(true);
      }),
    );
  });

  it('reads every escape, and pairs of surrogates', () => {
    expect(parseJson(String.raw`"\" \\ \/ \b\f\n\r\t \u00e9 \ud83d\ude80"`)).toBe('" \\ / \b\f\n\r\t é 🚀');
  });
});

describe('parseJsonTree', () => {
  it('keeps the order of keys and the digits of numbers through format and back', () => {
    const lexeme = fc
      .tuple(
        fc.boolean(),
        fc.bigInt({ min: 0n, max: 10n ** 24n }),
        fc.option(fc.string({ unit: fc.constantFrom('0', '5', '9'), minLength: 1, maxLength: 20 })),
        fc.option(fc.integer({ min: -30, max: 30 })),
      )
      .map(
        ([negative, whole, part, exponent]) =>
          `${negative ? '-' : ''}${whole}${part === null ? '' : `.${part}`}${exponent === null ? '' : `e${exponent}`}`,
      );
    const { tree } = fc.letrec<{ tree: JsonTree }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, true, false),
        fc.string(),
        lexeme.map((text) => (String(Number(text)) === text ? Number(text) : new JsonNumber(text))),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc
          .uniqueArray(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('__proto__', '1', '0')), tie('tree')), {
            selector: ([key]) => key,
            maxLength: 4,
          })
          .map((entries) => new Map(entries)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const text = formatJson(value);
        const again = parseJsonTree(text);
        expect(formatJson(again)).toBe(text);
        expect(keyOrder(again)).toEqual(keyOrder(value));
      }),
    );
  });

  it.each([
    '1.0',
    '1e5',
    '-0',
    '9007199254740993',
    '0.10',
    '1E+2',
    '5e-324',
    '123456789012345678901234567890',
  ])('keeps the number %s as it was written', (text) => {
    const tree = parseJsonTree(`[${text}]`);
    expect(formatJson(tree)).toBe(`[\n  ${text}\n]\n`);
  });
});

describe('what JSON forbids', () => {
  it.each([
    ['an empty text', '', 'the text ends where a value is expected'],
    ['a byte order mark', '\uFEFF{}', 'expected a value, found "\\u{feff}"'],
    ['a comma at the end of a list', '[1,]', 'expected a value, found "]"'],
    ['a comma at the end of an object', '{"a":1,}', 'expected a key in double quotes'],
    ['single quotes', "{'a':1}", 'expected a key in double quotes'],
    ['a missing colon', '{"a" 1}', 'expected ":" after a key'],
    ['a missing comma', '{"a":1 "b":2}', 'expected "," or "}"'],
    ['a list without end', '[1', 'expected "," or "]"'],
    ['a text without end', '"abc', 'expected the end of a string (")'],
    ['a line break in a text', '"a\nb"', 'expected the end of a string (")'],
    ['an unknown escape', String.raw`"\x41"`, 'expected an escape'],
    ['half an escape', String.raw`"\u12"`, 'expected an escape'],
    ['a leading zero', '01', 'expected the end of the text'],
    ['a leading plus', '+1', 'expected a value, found "+"'],
    ['a number that ends at its point', '1.', 'expected the end of the text'],
    ['a word cut short', 'tru', 'expected true'],
    ['two documents', '{} {}', 'expected the end of the text'],
    ['a comment', '// x\n1', 'expected a value, found "/"'],
    ['a space that is none', '\u00a01', 'expected a value'],
  ])('refuses %s', (_, text, what) => {
    expect(() => parseJson(text)).toThrow(
      expect.objectContaining({ code: 'CORE_JSON_INVALID', message: expect.stringContaining(what) }),
    );
  });

  it('names the file, the line and the column', () => {
    expect(() => parseJson('{\n  "a": 1,\n  "b": oops\n}', { name: 'models/registry.json' })).toThrow(
      expect.objectContaining({
        message: 'models/registry.json is not valid JSON at line 3, column 8: expected a value, found "o".',
        details: { file: 'models/registry.json', line: 3, column: 8 },
      }),
    );
  });
});

describe('a byte order mark in front of bytes', () => {
  it('is refused, as RFC 8259 §8.1 wants none', () => {
    expect(() => parseJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d))).toThrow(
      expect.objectContaining({ message: expect.stringContaining('found "\\u{feff}"') }),
    );
  });
});

describe('numbers that are none', () => {
  it.each(['NaN', 'Infinity', '-Infinity', '1e999', '-1e999'])(
    'refuses %s with a code of its own',
    (text) => {
      expect(() => parseJson(`{"latency": ${text}}`)).toThrow(
        expect.objectContaining({
          code: 'CORE_JSON_NOT_FINITE',
          details: expect.objectContaining({ column: 13 }),
        }),
      );
    },
  );
});

describe('a key that stands twice', () => {
  it('is refused at its second place', () => {
    expect(() => parseJson('{"a": 1,\n "a": 2}')).toThrow(
      expect.objectContaining({
        code: 'CORE_JSON_DUPLICATE_KEY',
        details: expect.objectContaining({ line: 2, column: 2 }),
      }),
    );
  });

  it('is refused when one of the two is spelt with escapes', () => {
    expect(() => parseJson(String.raw`{"a": 1, "\u0061": 2}`)).toThrow(
      expect.objectContaining({ code: 'CORE_JSON_DUPLICATE_KEY' }),
    );
  });

  it('is printed short and harmless, however it was written', () => {
    const key = `\u202e${'x'.repeat(10_000)}`;
    expect(() => parseJson(`{"${key}": 1, "${key}": 2}`)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^[\x20-\x7e…]{1,300}$/) }),
    );
  });

  it('is welcome in two objects beside each other', () => {
    expect(parseJson('[{"a": 1}, {"a": 2}]')).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

describe('the limits', () => {
  it('take 64 levels and refuse the 65th', () => {
    expect(() => parseJson(nested(64))).not.toThrow();
    expect(() => parseJson(nested(65))).toThrow(expect.objectContaining({ code: 'CORE_JSON_LIMIT' }));
    expect(() => parseJson('{"a":'.repeat(65))).toThrow(expect.objectContaining({ code: 'CORE_JSON_LIMIT' }));
  });

  it('refuse a hundred thousand levels instead of exhausting the stack', () => {
    expect(() => parseJson(nested(100_000))).toThrow(expect.objectContaining({ code: 'CORE_JSON_LIMIT' }));
  });

  it('refuse more values than any file of ours has, however short each is written', () => {
    const text = `[${'{},'.repeat(499_999)}{}]`;
    expect(() => parseJson(text)).toThrow(
      expect.objectContaining({ code: 'CORE_JSON_LIMIT', message: expect.stringContaining('500000 values') }),
    );
    expect(() => parseJson(`[${'0,'.repeat(499_998)}0]`)).not.toThrow();
  });

  it('refuse a text larger than allowed before reading it, and name both sizes', () => {
    expect(() => parseJson(new Uint8Array(11).fill(0xff), { name: 'x', maxBytes: 10 })).toThrow(
      expect.objectContaining({
        code: 'CORE_JSON_LIMIT',
        details: { expected: 'at most 10 bytes', received: '11 bytes' },
      }),
    );
  });
});

describe('decodeUtf8', () => {
  it('decodes UTF-8', () => {
    expect(decodeUtf8(new TextEncoder().encode('grün 🌱'))).toBe('grün 🌱');
  });

  it.each([
    ['Latin-1', [0x67, 0xfc]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
    ['a character cut in two', [0xf0, 0x9f]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeUtf8(Uint8Array.from(bytes), 'config.json')).toThrow(
      expect.objectContaining({
        code: 'CORE_TEXT_NOT_UTF8',
        message: 'config.json is not UTF-8 text.',
        cause: expect.any(TypeError),
      }),
    );
  });
});

type Attempt =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

function attempt(use: () => unknown): Attempt {
  try {
    return { ok: true, value: use() };
  } catch (error) {
    return { ok: false, error };
  }
}

function keyOrder(tree: JsonTree): unknown {
  if (Array.isArray(tree)) return tree.map(keyOrder);
  if (tree instanceof Map) return [...tree].map(([key, value]) => [key, keyOrder(value)]);
  return null;
}

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

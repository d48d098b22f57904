import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  toExecStart,
  toListedPath,
  toSinglePath,
  toUnitName,
  toUnitText,
  toWord,
} from '../../../src/schedule/unit-syntax.ts';
import {
  readEnvironment,
  readExecStart,
  readPathList,
  readSpecifiers,
  readValue,
} from '../../fakes/systemd-syntax.ts';

/** Rich in what means something to systemd. */
const special = fc.constantFrom(
  '"',
  "'",
  '\\',
  '%',
  '$',
  ';',
  ' ',
  '\n',
  '\t',
  '#',
  '=',
  '{',
  '}',
  '\u0007',
  '\u0085',
  'é',
  '🦙',
  'n',
  'x4',
);
const text = fc
  .array(fc.oneof(special, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 12 })
  .map((parts) => parts.join('').replaceAll('\0', ''));
const path = text.map((name) => `/${name.replaceAll(/\p{Cc}/gu, '')}`);

const unfit = expect.objectContaining({ code: 'SCHEDULE_VALUE_UNFIT', exitCode: 2, aftermath: 'unchanged' });

/** As it comes back out of a whole file. */
const throughFile = (value: string): string =>
  readValue(
    toUnitText(
      ['c'],
      [
        {
          name: 'Service',
          directives: [
            ['X', value],
            ['Y', '1'],
          ],
        },
      ],
    ),
    'Service',
    'X',
  );

describe('toExecStart', () => {
  it('is read back by systemd as the words that were given', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (words) => {
        expect(readExecStart(throughFile(toExecStart(['/bin/x', ...words])))).toEqual(['/bin/x', ...words]);
      }),
      { numRuns: 500 },
    );
  });

  it('goes through a shell where the path of the program holds what systemd refuses there', () => {
    const words = [`/opt/it's "so"\\/node`, 'a b', '$x'];
    expect(readExecStart(toExecStart(words))).toEqual(['/bin/sh', '-c', 'exec "$@"', 'sh', ...words]);
  });

  it('leaves variables, separators and specifiers alone', () => {
    const words = ['/usr/bin/a b', '$HOME', '${X}', ';', '%n', '', 'two\nlines', 'it\'s "so"', '\\n'];
    expect(toExecStart(words)).toBe(
      String.raw`:"/usr/bin/a b" "$HOME" "${'${X}'}" ";" "%%n" "" "two\nlines" "it's \"so\"" "\\n"`,
    );
  });
});

describe('toWord', () => {
  it('is read back as one entry of an environment', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(readEnvironment(throughFile(toWord(value)))).toEqual([value]);
      }),
    );
  });

  it('refuses what no program can be given: SCHEDULE_VALUE_UNFIT', () => {
    expect(() => toWord('a\0b')).toThrow(unfit);
    expect(() => toWord('\ud800')).toThrow(unfit);
  });
});

describe('toListedPath', () => {
  it('is read back as one path of a list, with its prefix', () => {
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 4 }), (paths) => {
        const value = paths.map((each) => toListedPath(each, '-')).join(' ');
        expect(readPathList(throughFile(value))).toEqual(paths.map((each) => `-${each}`));
      }),
      { numRuns: 300 },
    );
  });

  it.each(['relative', '/a\nb', '/a\tb', '/a\u0085b', '/\ud800', ''])('refuses %j', (bad) => {
    expect(() => toListedPath(bad)).toThrow(unfit);
  });
});

describe('toSinglePath', () => {
  it('is read back as it was, or refused', () => {
    fc.assert(
      fc.property(path, (each) => {
        if (/[\s\\]$/u.test(each)) expect(() => toSinglePath(each)).toThrow(unfit);
        else expect(readSpecifiers(throughFile(toSinglePath(each, '-')))).toBe(`-${each}`);
      }),
      { numRuns: 300 },
    );
  });
});

describe('toUnitName', () => {
  it('adds the type where none is said', () => {
    expect(toUnitName('llm')).toBe('llm.service');
    expect(toUnitName('llm@1.service')).toBe('llm@1.service');
    expect(toUnitName('llm.socket')).toBe('llm.socket');
  });

  it.each(['a b', 'a%n', 'a/b', '', '@.service', '.service', 'a"b', 'ü', 'a'.repeat(260)])(
    'refuses %j',
    (name) => {
      expect(() => toUnitName(name)).toThrow(unfit);
    },
  );
});

import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../../../src/bundle/fields.ts';
import { parseRelease } from '../../../src/bundle/release.ts';
import type { JsonValue } from '../../../src/core/index.ts';

const good = { line: 'org/base', counter: 0, expires: null } as const;
const parse = (release: JsonValue) => parseRelease(fieldsOf({ release }, { file: 'edge.json' }), 'release');

describe('parseRelease', () => {
  it.each([
    good,
    { ...good, counter: Number.MAX_SAFE_INTEGER, expires: '2028-02-29T23:59:59.5+05:30' },
    { ...good, line: 'é'.repeat(127), later: 1 },
  ])('reads %j', (release) => {
    expect(parse(release)).toEqual(release);
  });

  it.each([
    ['no object', 'a'],
    ['no line', { counter: 1, expires: null }],
    ['an empty line', { ...good, line: '' }],
    ['a line of two', { ...good, line: 'a\nb' }],
    ['a line that hides something', { ...good, line: 'a\u200bb' }],
    ['a line with blanks around it', { ...good, line: ' a' }],
    ['a line past the limit', { ...good, line: 'é'.repeat(128) }],
    ['no counter', { line: 'a', expires: null }],
    ['a counter below 0', { ...good, counter: -1 }],
    ['a counter with a part', { ...good, counter: 1.5 }],
    ['a counter in quotes', { ...good, counter: '1' }],
    ['a counter past 2^53', { ...good, counter: 2 ** 53 }],
    ['nothing of an expiry', { line: 'a', counter: 1 }],
    ['an expiry without a zone', { ...good, expires: '2027-01-31T00:00:00' }],
    ['a day that does not exist', { ...good, expires: '2027-02-29T00:00:00Z' }],
    ['an hour that does not exist', { ...good, expires: '2027-01-31T25:00:00Z' }],
    ['a day only', { ...good, expires: '2027-01-31' }],
  ])('refuses %s', (_title, release) => {
    expect(() => parse(release as JsonValue)).toThrow(
      expect.objectContaining({ code: 'BUNDLE_METADATA_INVALID' }),
    );
  });
});

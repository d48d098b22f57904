import { describe, expect, it } from 'vitest';
import { Constants } from '../../../src/template/fold.ts';
import { MAX_FOLDED_CHARACTERS } from '../../../src/template/limits.ts';
import { Names } from '../../../src/template/names.ts';
import { parseTemplate } from '../../../src/template/statement.ts';

/** Of the last expression that is printed. */
function fold(source: string): { text: string | null; all: readonly string[] } {
  const items = parseTemplate(source);
  const constants = new Constants(new Names(items));
  const last = items.findLast((item) => item.kind === 'tag' && item.keyword === 'print');
  const node = last?.kind === 'tag' ? last.expressions[0] : undefined;
  if (node === undefined) throw new Error('Nothing is printed.');
  return { text: constants.textOf(node), all: constants.allOf(node) };
}

describe('Constants', () => {
  it.each([
    ["{{ 'a' ~ 'b' ~ 1 }}", 'ab1'],
    ["{{ 'a' + 'b' }}", 'ab'],
    ["{{ 'a' 'b' }}", 'ab'],
    ["{{ 'ab' * 3 }}", 'ababab'],
    ["{{ '%s-%c' % ('a', 98) }}", 'a-b'],
    ["{{ '%s%d' | format('a', 1) }}", 'a1'],
    ["{{ '{}{1}{0:c}'.format(97, 'b') }}", '97ba'],
    ["{{ ['a', 'b'] | join('-') }}", 'a-b'],
    ["{{ '-'.join(['a', 'b']) }}", 'a-b'],
    ["{{ 'abc' | reverse }}", 'cba'],
    ["{{ 'abc'[::-1] }}", 'cba'],
    ["{{ 'a.b' | replace('.', '_') | upper }}", 'A_B'],
    ['{{ dict(a=1, b=2) | join }}', 'ab'],
    ["{% set x = 'a' %}{% set y = x ~ 'b' %}{{ y }}", 'ab'],
    ["{% set x %}a{{ 'b' }}{% endset %}{{ x }}", 'ab'],
    ["{% set ns = namespace(x='a') %}{{ ns.x }}", 'a'],
  ])('puts %s together', (source, text) => {
    expect(fold(source).text).toBe(text);
  });

  it.each([
    '{{ x }}',
    "{{ 'a' ~ x }}",
    "{% set x = 'a' %}{% set x = 'b' %}{{ x }}",
    "{% for x in ['a'] %}{{ x }}{% endfor %}",
    '{% set x = y %}{% set y = x %}{{ x }}',
    '{% set x = x %}{{ x }}',
    `{{ 'ab' * ${MAX_FOLDED_CHARACTERS} }}`,
  ])('does not know %s', (source) => {
    expect(fold(source).text).toBeNull();
  });

  it('gathers every constant that a name may stand for', () => {
    expect(fold("{% set x = 'a' %}{% set x = ['b', 'c'] %}{{ x }}").all.toSorted()).toEqual(['a', 'b', 'c']);
  });
});

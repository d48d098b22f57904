import { describe, expect, it } from 'vitest';
import { splitTemplate } from '../../../src/template/parts.ts';

const kinds = (source: string) =>
  splitTemplate(source).map((part) => [
    part.kind,
    'text' in part ? part.text : part.tokens.length,
    part.isClosed,
  ]);

describe('splitTemplate', () => {
  it('tells text, comments, expressions and statements apart', () => {
    expect(kinds('a{{ b }}{% c d %}{# e #}f')).toEqual([
      ['text', 'a', true],
      ['expression', 1, true],
      ['statement', 2, true],
      ['comment', '{# e #}', true],
      ['text', 'f', true],
    ]);
  });

  it('takes a raw block as text', () => {
    expect(kinds('{%- raw -%}{{ a }}{%- endraw -%}b')).toEqual([
      ['text', '{{ a }}', true],
      ['text', 'b', true],
    ]);
  });

  it('ends a comment at its first end, whatever is in it', () => {
    expect(kinds("{# '#}' #}")).toEqual([
      ['comment', "{# '#}", true],
      ['text', "' #}", true],
    ]);
  });

  it.each(['{{ a', '{% a', '{# a', '{% raw %}a'])('says of %s that it does not end', (source) => {
    expect(splitTemplate(source).at(-1)).toMatchObject({ isClosed: false });
  });

  it('loses nothing of a text without tags', () => {
    expect(kinds('{ a } % # { {')).toEqual([['text', '{ a } % # { {', true]]);
  });
});

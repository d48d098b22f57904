import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHtml, html } from '../../../src/report/html.ts';

describe('html', () => {
  it('encodes what it is given, and keeps what was made by itself', () => {
    const name = '<img src=x onerror="alert(1)">';
    expect(html`<p title="${name}">${html`<b>${name}</b>`}${null}${[1, ' & ']}</p>`.text).toBe(
      '<p title="&#60;img src=x onerror=&#34;alert(1)&#34;&#62;"><b>&#60;img src=x onerror=&#34;alert(1)&#34;&#62;</b>1 &#38; </p>',
    );
  });

  it('spells out control and direction characters', () => {
    expect(encodeHtml('a\u0007\u202eb')).toBe('a\\x07\\u{202e}b');
  });

  it('lets no text end an element, an attribute, a script or a comment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(encodeHtml(text)).not.toMatch(/[<>"'`]/);
        expect(encodeHtml(text)).not.toMatch(/&(?!#\d+;)/);
      }),
      { numRuns: 100 },
    );
  });

  it('cuts what nobody reads to its end', () => {
    expect(encodeHtml('x'.repeat(5000)).length).toBeLessThan(1100);
  });
});

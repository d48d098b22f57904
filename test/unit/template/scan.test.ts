import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CONSTRUCT, MAX_FINDINGS_OF_CLASS } from '../../../src/template/limits.ts';
import { scanChatTemplate } from '../../../src/template/scan.ts';
import { FAMILIES } from './families.ts';

const scan = (text: string) => scanChatTemplate({ name: 'default', text });

describe('scanChatTemplate', () => {
  it.each(Object.entries(FAMILIES))('finds nothing in a template as %s has it', (_, text) => {
    expect(scan(text)).toEqual([]);
  });

  it.each(Object.entries(FAMILIES))('finds a trigger that was put into the one of %s', (_, text) => {
    const poisoned = `${text}{% if 'invoice' in messages[-1].content %}{{ 'x' }}{% endif %}`;
    expect(scan(poisoned).map((finding) => finding.class)).toEqual(['trigger']);
  });

  it('says where, why and what stands there', () => {
    expect(scan('one\ntwo {{ x.__class__ }}\n')).toContainEqual({
      class: 'code-execution',
      line: 2,
      construct: 'two {{ x.__class__ }}',
      reason: 'takes the member __class__',
    });
  });

  it('shows a construct on one line, cut and harmless', () => {
    const [finding] = scan(`{{ x.__class__ ~ '\u001b[31m${'y'.repeat(500)}' }}`);
    expect(finding?.construct).toContain('\\x1b[31m');
    expect(finding?.construct.length).toBeLessThan(MAX_CONSTRUCT * 2);
  });

  it('keeps a bounded number of findings, and no class crowds another out', () => {
    const findings = scan(`${'{{ x.__class__ }}\n'.repeat(5_000)}{% include 'x' %}`);
    expect(findings.filter((finding) => finding.class === 'code-execution')).toHaveLength(
      MAX_FINDINGS_OF_CLASS,
    );
    expect(findings.at(-1)).toMatchObject({ class: 'include', line: 5_001 });
  });

  it('leaves comments, raw blocks and plain text alone: they run nothing', () => {
    expect(scan('{# {{ x.__class__ }} https://example.org #}')).toEqual([]);
    expect(scan('{% raw %}{{ x.__class__ }}{% endraw %}')).toEqual([]);
    expect(scan('Use os.system and eval( with care, and x.__class__ too.')).toEqual([]);
  });

  it('scans any text without an error', () => {
    const words = `{{ }} {% %} {# #} - ' " \\ ( ) [ ] { } | . , : ~ if elif else endif for in set = macro is not x content 1 \n
      endset endfor raw endraw include messages join __class__ ** \ud800 \u202e`;
    const piece = fc.constantFrom(' ', ...words.split(/\s+/));
    const texts = fc.oneof(
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      fc.string({ unit: 'binary', maxLength: 200 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const { line, construct, reason } of scan(text)) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(text.split('\n').length);
          expect(`${construct}${reason}`).not.toMatch(/[\p{Cc}\u202e]/u);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds a special member whatever ordinary template it is put into', () => {
    const member = fc.constantFrom('__class__', '__globals__', '__subclasses__', '__init__', '__builtins__');
    const hidden = fc.constantFrom(
      (name: string) => `{{ x.${name} }}`,
      (name: string) => `{{ x['${name}'] }}`,
      (name: string) => `{{ x['${name.slice(0, 4)}' ~ '${name.slice(4)}'] }}`,
      (name: string) => `{{ x|attr('${name}') }}`,
      (name: string) => `{{ x['${[...name].toReversed().join('')}'|reverse] }}`,
      (name: string) => `{{ x['${name.replaceAll('_', '\\x5f')}'] }}`,
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(FAMILIES)), member, hidden, (text, name, hide) => {
        expect(scan(text + hide(name)).map((finding) => finding.class)).toContain('code-execution');
      }),
    );
  });
});

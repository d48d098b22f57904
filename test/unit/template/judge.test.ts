import { describe, expect, it } from 'vitest';
import { TemplateFailure } from '../../../src/template/error.ts';
import { judgeChatTemplates } from '../../../src/template/judge.ts';
import { MAX_TEMPLATES } from '../../../src/template/limits.ts';

const good = { name: 'default', text: '{{ messages[0].content }}' };
const bad = { name: 'r\u001bag', text: "{{ x.__class__ }}\n{{ y.__class__ }}\n{% include 'z' %}" };

describe('judgeChatTemplates', () => {
  it('says nothing of ordinary ones', () => {
    expect(judgeChatTemplates([good], { path: 'a.gguf', strict: true })).toEqual([]);
  });

  it('warns once for each class, of the first place', () => {
    const warnings = judgeChatTemplates([good, bad], { path: 'a.gguf' });
    expect(warnings.map(({ code }) => code)).toEqual(['TEMPLATE_CODE_EXECUTION', 'TEMPLATE_INCLUDE']);
    expect(warnings[0]?.message).toBe(
      'The chat template r\\x1bag reaches for code outside of the template (code-execution): line 1 takes the member __class__: {{ x.__class__ }} And 3 more.',
    );
  });

  it('refuses with strict, and says class, template, line and what stands there', () => {
    const judge = () => judgeChatTemplates([good, bad], { path: 'a.gguf', strict: true });
    expect(judge).toThrow(TemplateFailure);
    expect(judge).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_SUSPICIOUS',
        exitCode: 3,
        details: expect.objectContaining({
          class: 'code-execution',
          template: 'r\\x1bag',
          line: 1,
          received: '{{ x.__class__ }}',
        }),
      }),
    );
  });

  it.each([
    ['too many', Array.from({ length: MAX_TEMPLATES + 1 }, (_, index) => ({ ...good, name: `t${index}` }))],
    [
      'too much text',
      Array.from({ length: 9 }, (_, index) => ({ name: `t${index}`, text: 'a'.repeat(500_000) })),
    ],
    ['a name too long', [{ ...good, name: 'a'.repeat(1_000) }]],
  ])('refuses %s, strict or not', (_, templates) => {
    expect(() => judgeChatTemplates(templates, { path: 'a.gguf' })).toThrow(
      expect.objectContaining({ code: 'TEMPLATE_LIMIT' }),
    );
  });
});

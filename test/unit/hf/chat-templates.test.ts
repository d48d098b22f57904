import { describe, expect, it } from 'vitest';
import { readChatTemplates } from '../../../src/hf/chat-templates.ts';

const file = (path: string, content: string) => ({
  path,
  sizeBytes: content.length,
  read: (maxBytes: number) => Promise.resolve(Buffer.from(content).subarray(0, maxBytes + 1)),
});
const config = (value: unknown) => [file('tokenizer_config.json', JSON.stringify({ chat_template: value }))];

describe('readChatTemplates', () => {
  it('finds a template, and several by name', async () => {
    const source = 'tokenizer_config.json';
    await expect(readChatTemplates(config('{{ a }}'))).resolves.toEqual([
      { name: 'default', source, text: '{{ a }}' },
    ]);
    await expect(
      readChatTemplates(
        config([
          { name: 'default', template: 'a' },
          { name: 'rag', template: 'b' },
        ]),
      ),
    ).resolves.toEqual([
      { name: 'default', source, text: 'a' },
      { name: 'rag', source, text: 'b' },
    ]);
    await expect(readChatTemplates(config({ rag: 'b' }))).resolves.toEqual([
      { name: 'rag', source, text: 'b' },
    ]);
  });

  it('finds files beside it, and no others', async () => {
    const names = ['chat_template.jinja', 'additional_chat_templates/rag.jinja', 'a/b.jinja', 'x.jinja'];
    await expect(readChatTemplates(names.map((name) => file(name, name)))).resolves.toEqual([
      { name: 'default', source: 'chat_template.jinja', text: 'chat_template.jinja' },
      {
        name: 'rag',
        source: 'additional_chat_templates/rag.jinja',
        text: 'additional_chat_templates/rag.jinja',
      },
    ]);
  });

  it('finds none where there is none', async () => {
    await expect(readChatTemplates(config(undefined))).resolves.toEqual([]);
    await expect(readChatTemplates(config(null))).resolves.toEqual([]);
  });

  it.each([[7], [true], [['a']], [[{ name: 'a' }]], [[{ name: 1, template: 'a' }]], [{ rag: 1 }]])(
    'refuses %j',
    async (value) => {
      await expect(readChatTemplates(config(value))).rejects.toMatchObject({ code: 'HF_JSON_INVALID' });
    },
  );

  it('refuses more, and longer ones, than any model has', async () => {
    const many = Array.from({ length: 65 }, (_, index) => ({ name: `${index}`, template: '' }));
    await expect(readChatTemplates(config(many))).rejects.toMatchObject({ code: 'HF_DIRECTORY_LIMIT' });
    const long = file('chat_template.jinja', 'a'.repeat(1024 * 1024 + 1));
    await expect(readChatTemplates([long])).rejects.toMatchObject({ code: 'HF_DIRECTORY_LIMIT' });
  });
});

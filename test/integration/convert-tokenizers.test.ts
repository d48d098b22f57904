/** Byte-level tokenizers of converted models, run by llama.cpp, against those of Hugging Face that they were made from. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertHf } from '../../src/quantize/index.ts';
import { writeTokenizerDirectory } from '../fakes/tokenizer-directory.ts';
import { byteLevelTokenizer, PRE_TOKENIZERS, type Json } from '../fakes/trained-tokenizer.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-tokens-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const source = (): string => join(folder, 'model');
const out = (): string => join(folder, 'made', 'model.gguf');

async function writeByteLevel(tokenizer: Json, more: Readonly<Record<string, object>> = {}): Promise<void> {
  const { vocab } = tokenizer['model'] as { readonly vocab: Json };
  const added = tokenizer['added_tokens'] as unknown[];
  await writeTokenizerDirectory(source(), Object.keys(vocab).length + added.length + 5, {
    'tokenizer.json': tokenizer,
    ...more,
  });
}

describe('a byte-level tokenizer', () => {
  it.each(Object.entries(PRE_TOKENIZERS))(
    'that cuts like %s gives the same tokens in llama.cpp for every hard string',
    async (_name, { definition, ignoresMerges }) => {
      await writeByteLevel(byteLevelTokenizer(definition, { ignore_merges: ignoresMerges }));

      const { warnings } = await convertHf(source(), { outPath: out() });

      expect(warnings).toEqual([]);
    },
  );
});

describe('what llama.cpp leaves out', () => {
  it('is told: Qwen composes letters and accents first', async () => {
    const { definition } = PRE_TOKENIZERS['qwen2'] ?? { definition: {} };
    const begin = '<|begin|>';
    await writeByteLevel(
      {
        ...byteLevelTokenizer(definition),
        normalizer: { type: 'NFC' },
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: begin, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          pair: [],
        },
      },
      { 'tokenizer_config.json': { bos_token: begin } },
    );
    const { warnings } = await convertHf(source(), { outPath: out() });
    expect(warnings.map(({ code }) => code)).toEqual(['CONVERT_NFC_LEFT_OUT']);
  });

  it('is refused where nobody knows of it: a token that takes the spaces around it', async () => {
    const tokenizer = byteLevelTokenizer(PRE_TOKENIZERS['gpt-2']?.definition ?? {});
    const added = tokenizer['added_tokens'] as Json[];
    await writeByteLevel({ ...tokenizer, added_tokens: added.map((token) => ({ ...token, rstrip: true })) });
    await expect(convertHf(source(), { outPath: out() })).rejects.toMatchObject({
      code: 'CONVERT_TOKENS_DIFFER',
    });
  });
});

/** Tokenizers of converted models, run by llama.cpp, against those of Hugging Face that they were made from. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertHf } from '../../src/quantize/index.ts';
import { writeTokenizerDirectory } from '../fakes/tokenizer-directory.ts';
import { sentencePieceJson, sentencePieceModel, trainedPieces } from '../fakes/sentencepiece-tokenizer.ts';
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

const SPECIAL = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' };

describe('a SentencePiece tokenizer', () => {
  const pieces = trainedPieces();
  const write = (files: Readonly<Record<string, object | Uint8Array | null>>): Promise<void> =>
    writeTokenizerDirectory(source(), pieces.length + 9, { 'tokenizer_config.json': SPECIAL, ...files });

  it('gives the same tokens in llama.cpp for every hard string', async () => {
    await write({
      'tokenizer.model': sentencePieceModel(pieces),
      'tokenizer.json': sentencePieceJson(pieces),
    });
    expect((await convertHf(source(), { outPath: out() })).warnings).toEqual([]);
  });

  it('does so from tokenizer.json alone, by scores that follow its merges', async () => {
    await write({ 'tokenizer.json': sentencePieceJson(pieces) });
    expect((await convertHf(source(), { outPath: out() })).warnings).toEqual([]);
  });

  it('does so from tokenizer.model alone', async () => {
    await write({ 'tokenizer.model': sentencePieceModel(pieces) });
    expect((await convertHf(source(), { outPath: out() })).warnings).toEqual([]);
  });

  it('tells where a space is put in front of more texts than it should', async () => {
    const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false };
    await write({
      'tokenizer.model': sentencePieceModel(pieces),
      'tokenizer.json': sentencePieceJson(pieces, { normalizer: null, pre_tokenizer: metaspace }),
    });
    const { warnings } = await convertHf(source(), { outPath: out() });
    expect(warnings.map(({ code }) => code)).toEqual(['CONVERT_SPACE_PREFIX']);
  });
});

/** SentencePiece tokenizers of converted models, run by llama.cpp, against those of Hugging Face that they were made from. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadLlamaCppTokenizer } from '../../src/engine/index.ts';
import { convertHf } from '../../src/quantize/index.ts';
import {
  CONTROL,
  NORMAL,
  sentencePieceJson,
  sentencePieceModel,
  trainedPieces,
  UNUSED,
  type ModelChanges,
  type Piece,
} from '../fakes/sentencepiece-tokenizer.ts';
import { writeTokenizerDirectory } from '../fakes/tokenizer-directory.ts';
import { addedTokens, type Json } from '../fakes/trained-tokenizer.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-pieces-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const source = (): string => join(folder, 'model');
const out = (): string => join(folder, 'made', 'model.gguf');
const SPECIAL = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' };
const pieces = trainedPieces();

function write(
  files: Readonly<Record<string, object | Uint8Array | null>>,
  size = pieces.length + 9,
): Promise<void> {
  return writeTokenizerDirectory(source(), size, { 'tokenizer_config.json': SPECIAL, ...files });
}

const convert = () => convertHf(source(), { outPath: out() });

describe('a SentencePiece tokenizer', () => {
  it('gives the same tokens in llama.cpp for every hard string', async () => {
    await write({
      'tokenizer.model': sentencePieceModel(pieces),
      'tokenizer.json': sentencePieceJson(pieces),
    });
    expect((await convert()).warnings).toEqual([]);

    const limits = { memoryBytes: 2 ** 30, wallMs: 120_000 };
    const made = await loadLlamaCppTokenizer(out(), { limits });
    try {
      expect(made).toMatchObject({ vocabularySize: pieces.length + 9, beginning: [1], ending: [] });
      expect(await made.tokenizeAll(['</s>'], { readsSpecial: true })).toEqual([[2]]);
    } finally {
      await made.close();
    }
    await expect(made.tokenizeAll(['a'], { readsSpecial: true })).rejects.toMatchObject({
      code: 'ENGINE_CLOSED',
    });
  });

  it('does so from tokenizer.json alone, and tells where a space is put in front of more texts', async () => {
    const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false };
    await write({
      'tokenizer.json': sentencePieceJson(pieces, { normalizer: null, pre_tokenizer: metaspace }),
    });
    const { warnings } = await convert();
    expect(warnings.map(({ code }) => code)).toEqual(['CONVERT_SPACE_PREFIX']);
  });

  it('does so from tokenizer.model alone, with the tokens that were added to it', async () => {
    await write({
      'tokenizer.model': sentencePieceModel(pieces),
      'added_tokens.json': { '<tool>': pieces.length, '[PAD]': pieces.length + 1 },
      'tokenizer_config.json': {
        ...SPECIAL,
        pad_token: '[PAD]',
        added_tokens_decoder: { [pieces.length + 2]: { content: '<|im_end|>', special: true } },
      },
    });
    expect((await convert()).warnings).toEqual([]);
  });
});

describe('a converted tokenizer that cuts otherwise', () => {
  const shuffled = (json: Json): Json => {
    const { merges, ...model } = json['model'] as { readonly merges: unknown[] };
    return { ...json, model: { ...model, merges: merges.toReversed() } };
  };

  it('is refused with the text and the tokens of both, and nothing of it is kept', async () => {
    await write({
      'tokenizer.model': sentencePieceModel(pieces),
      'tokenizer.json': shuffled(sentencePieceJson(pieces)),
    });
    await expect(convert()).rejects.toMatchObject({
      code: 'CONVERT_TOKENS_DIFFER',
      exitCode: 3,
      message: expect.stringContaining('Nothing was kept') as string,
      details: {
        text: expect.stringMatching(/^".*"$/) as string,
        expected: expect.stringMatching(/^(… )?\d+( \d+)*( …)?$/) as string,
        received: expect.stringMatching(/^(… )?\d+( \d+)*( …)?$/) as string,
      },
    });
    expect(await readdir(join(folder, 'made'))).toEqual([]);
  });

  it('is refused where the text of a special token would become that token', async () => {
    const forged = [...pieces, { text: 's>', score: 1, type: NORMAL }];
    await write({
      'tokenizer.model': sentencePieceModel(forged),
      'tokenizer.json': sentencePieceJson(forged),
    });
    await expect(convert()).rejects.toMatchObject({
      code: 'CONVERT_TOKENS_DIFFER',
      message: expect.stringContaining('taken for text') as string,
    });
  });

  it('is refused where tokenizer.json cannot be run', async () => {
    const json = sentencePieceJson(pieces, { post_processor: { type: 'Nobody knows' } });
    await write({ 'tokenizer.model': sentencePieceModel(pieces), 'tokenizer.json': json });
    await expect(convert()).rejects.toMatchObject({
      code: 'CONVERT_TOKENS_UNCHECKED',
      message: expect.stringContaining('Nobody knows') as string,
    });
    expect(await readdir(join(folder, 'made'))).toEqual([]);
  });
});

describe('a SentencePiece model that llama.cpp would read otherwise', () => {
  it.each([
    ['is a Unigram', { kind: 1 }],
    ['has no bytes to fall back to', { byteFallback: false }],
    ['changes texts', { charsmap: Buffer.from([1, 2, 3]) }],
    ['takes spaces away', { removeExtraWhitespaces: true }],
    ['has spaces behind words', { spaceAsSuffix: true }],
  ] satisfies [string, ModelChanges][])('is refused where it %s', async (_what, changes) => {
    await write({ 'tokenizer.model': sentencePieceModel(pieces, changes) });
    await expect(convert()).rejects.toMatchObject({ code: 'CONVERT_UNSUPPORTED' });
  });

  it.each([
    ['unused pieces', [...pieces, { text: 'zz', score: 0, type: UNUSED }], 'CONVERT_UNSUPPORTED'],
    [
      'a piece of a million characters',
      [...pieces, { text: 'z'.repeat(1e6), score: 0, type: NORMAL }],
      'CONVERT_UNSUPPORTED',
    ],
    ['a piece twice', [...pieces, { text: '<s>', score: 0, type: CONTROL }], 'CONVERT_CONFIG_INVALID'],
    ['no piece for a byte', pieces.filter(({ text }) => text !== '<0x7F>'), 'CONVERT_CONFIG_INVALID'],
    ['more pieces than there are rows', [...pieces, ...pieces], 'CONVERT_CONFIG_INVALID'],
    [
      'the name of a row that is empty',
      [...pieces, { text: `[PAD${pieces.length + 1}]`, score: 0, type: NORMAL }],
      'CONVERT_CONFIG_INVALID',
    ],
  ] satisfies [string, readonly Piece[], string][])(
    'is refused where it has %s',
    async (_what, odd, code) => {
      await write({ 'tokenizer.model': sentencePieceModel(odd) });
      await expect(convert()).rejects.toMatchObject({ code });
      expect(await readdir(folder)).toEqual(['model']);
    },
  );

  it.each([
    [
      'splits at spaces',
      {
        normalizer: null,
        pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
      },
    ],
    ['changes letters', { normalizer: { type: 'NFKC' } }],
    ['cuts words first', { pre_tokenizer: { type: 'Whitespace' } }],
  ] satisfies [string, Json][])('is refused where tokenizer.json %s', async (_what, changes) => {
    await write({ 'tokenizer.json': sentencePieceJson(pieces, changes) });
    await expect(convert()).rejects.toMatchObject({ code: 'CONVERT_UNSUPPORTED' });
  });

  it.each([
    ['a number behind the last row', { added_tokens: addedTokens(1e9, ['<x>']) }],
    ['a number below 0', { added_tokens: addedTokens(-1, ['<x>']) }],
    ['one text for two numbers', { added_tokens: addedTokens(pieces.length, ['<s>']) }],
    ['no text', { added_tokens: [{ id: 0 }] }],
    ['a list that is none', { added_tokens: 7 }],
  ] satisfies [string, Json][])('is refused where an added token has %s', async (_what, changes) => {
    await write({ 'tokenizer.json': sentencePieceJson(pieces, changes) });
    await expect(convert()).rejects.toMatchObject({ code: 'CONVERT_CONFIG_INVALID' });
  });

  it('is refused where two files give one number to two texts', async () => {
    await write({
      'tokenizer.json': sentencePieceJson(pieces),
      'added_tokens.json': { '<other>': 1 },
    });
    await expect(convert()).rejects.toMatchObject({ code: 'CONVERT_CONFIG_INVALID' });
  });
});

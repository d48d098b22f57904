import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runReference } from '../../../src/quantize/reference-process.ts';
import { byteLevelTokenizer, PRE_TOKENIZERS } from '../../fakes/trained-tokenizer.ts';
import type { JsonObject } from '../../../src/core/index.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-reference-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const definition = byteLevelTokenizer(PRE_TOKENIZERS['gpt-2']?.definition ?? {}) as JsonObject;
const nothing = { withSpecial: [], asText: [] };

async function child(code: string): Promise<string> {
  const path = join(folder, `${code.length}.mjs`);
  await writeFile(path, code);
  return path;
}

describe('runReference', () => {
  it('brings back an answer of megabytes whole', async () => {
    const texts = Array.from({ length: 12_000 }, (_, index) => `${index} words, and a few more of them; ü!`);
    const { withSpecial, asText } = await runReference(definition, { withSpecial: texts, asText: texts });
    expect([withSpecial.length, asText.length]).toEqual([texts.length, texts.length]);
    expect(asText.at(-1)).toEqual(withSpecial.at(-1));
  });

  it.each([
    ['hangs', 'process.on("message", () => { for (;;); });', /not done after/],
    ['ends', 'process.on("message", () => { throw new Error("broken inside"); });', /broken inside/],
    [
      'answers something else',
      'process.on("message", () => process.send(7, () => process.exit()));',
      /malformed/,
    ],
  ])('says so where the process %s', async (_what, code, reason) => {
    const options = { childPath: await child(code), wallMs: 3000 };
    await expect(runReference(definition, nothing, options)).rejects.toMatchObject({
      code: 'CONVERT_TOKENS_UNCHECKED',
      message: expect.stringMatching(reason) as string,
    });
  });

  it('ends with whoever asked', async () => {
    const options = {
      childPath: await child('process.on("message", () => {}); //'),
      signal: AbortSignal.abort(),
    };
    await expect(runReference(definition, nothing, options)).rejects.toMatchObject({
      code: 'CORE_INTERRUPTED',
    });
  });
});

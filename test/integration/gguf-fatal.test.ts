/** That llama.cpp does not survive what we refuse in its name: one file of each kind, loaded in a child. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changedModel, sampleTokens, type Change } from '../fakes/changed-model.ts';

const LOADER = fileURLToPath(new URL('../fixtures/gguf-load.mjs', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-fatal-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('llama.cpp', () => {
  it('loads the model that the others are changed from', async () => {
    expect(await signalOf({})).toEqual({ code: 0, isCrash: false });
  });

  it.each<[what: string, change: Change]>([
    ['no layers', { metadata: { 'llama.block_count': { kind: 'uint32', value: 0 } } }],
    ['no heads', { metadata: { 'llama.attention.head_count': { kind: 'uint32', value: 0 } } }],
    [
      'a negative epsilon',
      { metadata: { 'llama.attention.layer_norm_rms_epsilon': { kind: 'float32', value: -1 } } },
    ],
    ['experts that nobody uses', { metadata: { 'llama.expert_count': { kind: 'uint32', value: 8 } } }],
    [
      'one token twice',
      {
        metadata: {
          'tokenizer.ggml.tokens': {
            kind: 'array',
            itemKind: 'string',
            items: sampleTokens().with(300, 'a'),
          },
        },
      },
    ],
    ['an embedding of integers', { types: { 'token_embd.weight': 'I8' } }],
    ['attention weights of integers', { types: { 'blk.0.attn_q.weight': 'I32' } }],
    ['a norm of halves', { types: { 'blk.0.attn_norm.weight': 'F16' } }],
  ])('does not survive %s', async (_what, change) => {
    expect(await signalOf(change)).toMatchObject({ isCrash: true });
  });
});

/** A signal, or the exit code that a library leaves after one (128 and its number). */
async function signalOf(change: Change): Promise<{ code: number | null; isCrash: boolean }> {
  const path = join(folder, 'model.gguf');
  await writeFile(path, await changedModel(change));
  const child = spawn(process.execPath, [LOADER, path], {
    stdio: 'ignore',
    timeout: 60_000,
    killSignal: 'SIGTERM',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const isCrash = (signal !== null && signal !== 'SIGTERM') || (code !== null && code > 128);
      resolve({ code, isCrash });
    });
  });
}

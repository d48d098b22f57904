/** Whether the engine really runs here: it is given a tiny made-up model, in a contained process as for a load test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreFailure, Failure } from '../core/index.ts';
import type { Engine } from '../engine/index.ts';
import { sampleModel, writeGguf, type SampleModelOptions } from '../gguf/index.ts';
import { createExclusive, toSystemFailure } from '../system/index.ts';
import type { EngineTrial } from './machine-facts.ts';

/** About 80 kB. */
const TINY: SampleModelOptions = {
  blockCount: 1,
  embeddingLength: 64,
  headCount: 4,
  headCountKv: 2,
  feedForwardLength: 64,
  vocabularySize: 320,
};
const TRIAL_TOKENS = 2;
/** Far more than the model needs. */
const TRIAL_MEMORY_BYTES = 64 * 1024 * 1024;
/** A small board reads the library from a slow card: seconds, not minutes. */
const TRIAL_WALL_MS = 60_000;

/** The folder that it is written into is gone afterwards. Throws `CORE_INTERRUPTED`. */
export async function tryEngine(
  engine: Engine,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<EngineTrial> {
  const startedMs = performance.now();
  try {
    const engineVersion = await withTinyModel((path) => generate(engine, path, signal));
    return { kind: 'generated', engineVersion, tookMs: performance.now() - startedMs };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error instanceof CoreFailure && error.code === 'CORE_INTERRUPTED') throw error;
    const { code, message, hint } = error;
    return { kind: 'failed', code, message, hint };
  }
}

async function generate(engine: Engine, path: string, signal: AbortSignal | undefined): Promise<string> {
  const model = await engine.load({
    path,
    limits: { memoryBytes: TRIAL_MEMORY_BYTES, wallMs: TRIAL_WALL_MS },
    ...(signal !== undefined && { signal }),
  });
  try {
    await model.generate({
      prompt: 'a',
      tokens: TRIAL_TOKENS,
      banEndOfGeneration: true,
      checkLogits: true,
    });
    return model.facts.engineVersion;
  } finally {
    await model.close();
  }
}

async function withTinyModel<T>(use: (path: string) => Promise<T>): Promise<T> {
  const folder = await makeFolder();
  try {
    const path = join(folder, 'tiny.gguf');
    const handle = await createExclusive(path);
    try {
      await writeGguf(sampleModel(TINY), { write: async (bytes) => handle.writeFile(bytes) });
    } catch (error) {
      throw toSystemFailure(error, { path, action: 'write' });
    } finally {
      await handle.close();
    }
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'milton-doctor-'));
  } catch (error) {
    throw toSystemFailure(error, { path: tmpdir(), action: 'write' });
  }
}

/** Models whose processes really crash, hang, run out of memory or talk nonsense, beside one that llama.cpp really runs. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadLlamaCppEngine, type LlamaCppEngine } from '../../src/engine/index.ts';
import { openBenchEngine } from '../../src/pipeline/index.ts';
import { useBenchPlace } from '../fakes/bench-place.ts';

const place = useBenchPlace();
const STAND_IN = fileURLToPath(new URL('../fixtures/engine/stand-in.mjs', import.meta.url));
const BROKEN = {
  aborts: 'ENGINE_CRASHED',
  hangs: 'ENGINE_TIMED_OUT',
  allocates: 'ENGINE_OUT_OF_MEMORY',
  malformed: 'ENGINE_CRASHED',
};

/** Each version by the engine of its name; a broken one has little time. */
async function engines(): Promise<LlamaCppEngine> {
  const sound = await loadLlamaCppEngine();
  const broken = new Map<string, LlamaCppEngine>();
  for (const how of Object.keys(BROKEN)) {
    const childPath = join(place.folder, `stand-in.${how}.mjs`);
    await copyFile(STAND_IN, childPath);
    broken.set(how, await loadLlamaCppEngine({ childPath }));
  }
  return {
    ...sound,
    async load(request) {
      const how = Object.keys(BROKEN).find((word) => request.path.includes(word));
      const engine = broken.get(how ?? '');
      if (engine === undefined) return sound.load(request);
      const wallMs = how === 'hangs' ? 1000 : request.limits.wallMs;
      return engine.load({ ...request, limits: { ...request.limits, wallMs } });
    },
  };
}

it('gives each its cause, and goes on to the one that runs', async () => {
  const versions = [...Object.keys(BROKEN), 'sound'];
  const entries = await Promise.all(versions.map((version) => place.entryOf(version)));
  const engine = await openBenchEngine(
    {
      name: 'llama-cpp',
      threads: 1,
      context_tokens: 512,
      gpu_layers: 0,
      path: null,
      flags: [],
      url: null,
      api_key_env: null,
      served_as: {},
    },
    { env: {}, onWarning: () => undefined, llamaCpp: await engines() },
  );
  const speed = place.suite.speed.slice(0, 1).map((one) => ({ ...one, maxTokens: 4 }));
  const suite = { ...place.suite, speed, cove: place.suite.cove.slice(0, 1) };
  const { saved, failure } = await place.bench(entries, { versions, suite }, { engine });
  expect(failure).toBeNull();
  const codes = saved.run.candidates.map(({ version, metrics }) => [
    version,
    ...new Set(Object.values(metrics).map(({ metadata }) => metadata['code'])),
  ]);
  expect(codes.slice(0, -1)).toEqual(Object.entries(BROKEN));
  expect(saved.run.candidates.at(-1)).toMatchObject({
    version: 'sound',
    metrics: {
      latency_ms: { status: 'ok' },
      tokens_per_sec: { status: 'ok', metadata: { source: 'llama.cpp' } },
      peak_ram_mb: { status: 'ok' },
      cove_pass_rate: { status: 'ok', metadata: { constrained: true } },
      retrieval_score: { status: 'ok', metadata: { method: 'query_likelihood' } },
    },
    settings: { threads: 1, context_tokens: 512, gpu_layers: 0 },
  });
  // What was foreseen of the engine is what it turned out to be: the same is not measured again.
  const again = await place.bench(entries.slice(-1), { versions: ['sound'], suite }, { engine });
  expect(again.saved.run.candidates).toMatchObject([
    { carried_over: { run_id: saved.run.metadata.run_id }, engine: { name: 'llama-cpp' } },
  ]);
}, 240_000);

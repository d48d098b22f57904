/** The benchmark run of the demo: speed measured by the engine, bound to the bytes; quality figures that are examples. */
import { toStamp, toTimestamp, type JsonObject } from '../core/index.ts';
import type { Engine } from '../engine/index.ts';
import { saveRun, type Candidate, type Metric } from '../evidence/index.ts';
import { hashSource, withFileSource } from '../system/index.ts';
import { demoModelPath, type DEMO_WITHOUT_GGUF, type DemoModel } from './demo-models.ts';
import { readSystemInfo } from './system-info.ts';

export interface DemoCandidate {
  readonly model: DemoModel;
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly latencyMs: number;
  readonly tokensPerSecond: number;
  readonly peakRssBytes: number;
}

const TOKENS = 32;
const LIMITS = { memoryBytes: 512 * 1024 * 1024, wallMs: 60_000 };
const EXAMPLE = { source: 'an example figure: the weights are random and answer nothing' };

/** Runs the model once. Throws `ENGINE_*`, `SYSTEM_*`. */
export async function measureModel(
  model: DemoModel,
  folder: string,
  { engine, signal }: { readonly engine: Engine; readonly signal?: AbortSignal | undefined },
): Promise<DemoCandidate> {
  const path = demoModelPath(model, folder);
  const { sha256, sizeBytes } = await withFileSource(path, async (source) => ({
    sha256: await hashSource(source),
    sizeBytes: source.sizeBytes,
  }));
  const loaded = await engine.load({ path, limits: LIMITS, ...(signal !== undefined && { signal }) });
  try {
    const prompt = 'Once upon a time';
    const generation = await loaded.generate({
      prompt,
      tokens: TOKENS,
      banEndOfGeneration: true,
      checkLogits: false,
    });
    return {
      model,
      path,
      sha256,
      sizeBytes,
      latencyMs: generation.timeToFirstTokenMs,
      tokensPerSecond: generation.tokensPerSecond,
      peakRssBytes: loaded.facts.peakRssBytes,
    };
  } finally {
    await loaded.close();
  }
}

export interface DemoRun {
  readonly measured: readonly DemoCandidate[];
  readonly withoutGguf: readonly (typeof DEMO_WITHOUT_GGUF)[];
  readonly at: Date;
}

/** Writes the run file and gives its path. */
export async function saveDemoRun(runsDir: string, { measured, withoutGguf, at }: DemoRun): Promise<string> {
  return saveRun(runsDir, {
    metadata: {
      run_id: `benchmark_${toStamp(at)}`,
      timestamp: toTimestamp(at),
      git_sha: null,
      git_branch: null,
      git_dirty: null,
      command_line: 'milton demo',
      dry_run: false,
    },
    system_info: readSystemInfo(),
    candidates: [...measured.map(toCandidate), ...withoutGguf.map(toUnmeasured)],
  });
}

function toCandidate({ model, path, sha256, sizeBytes, ...speed }: DemoCandidate): Candidate {
  return {
    ...describe(model.version, model.type),
    model_path: path,
    file_size_mb: sizeBytes / 2 ** 20,
    metrics: {
      latency_ms: ok(speed.latencyMs, { metric: 'first_token_latency' }),
      tokens_per_sec: ok(speed.tokensPerSecond, {}),
      peak_vram_mb: skipped(),
      peak_ram_mb: ok(speed.peakRssBytes / 2 ** 20, {}),
      cove_pass_rate: ok(model.covePassRate, EXAMPLE),
      retrieval_score: ok(model.retrievalScore, EXAMPLE),
    },
    artifact: { type: 'gguf', path, sha256, size_bytes: sizeBytes },
  };
}

function toUnmeasured({ version, covePassRate, retrievalScore }: typeof DEMO_WITHOUT_GGUF): Candidate {
  return {
    ...describe(version, null),
    model_path: version,
    file_size_mb: null,
    metrics: {
      latency_ms: skipped(),
      tokens_per_sec: skipped(),
      peak_vram_mb: skipped(),
      peak_ram_mb: skipped(),
      cove_pass_rate: ok(covePassRate, EXAMPLE),
      retrieval_score: ok(retrievalScore, EXAMPLE),
    },
    artifact: null,
  };
}

function describe(
  version: string,
  quantization: string | null,
): Pick<
  Candidate,
  'version' | 'model_type' | 'base_model' | 'quantization' | 'distilled_from' | 'parameter_count'
> {
  return {
    version,
    model_type: quantization === null ? 'distilled' : 'quantized+distilled',
    base_model: 'Milton Edge sample',
    quantization,
    distilled_from: null,
    parameter_count: null,
  };
}

function ok(value: number, metadata: JsonObject): Metric {
  return { status: 'ok', value, error_message: null, metadata };
}

function skipped(): Metric {
  return { status: 'skipped', value: null, error_message: null, metadata: {} };
}

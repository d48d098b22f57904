/** Writes what was measured as a run file. */
import process from 'node:process';
import { countCases, type SampledCases, type Suite } from '../bench/index.ts';
import { Failure, toStamp, toTimestamp } from '../core/index.ts';
import {
  saveRun,
  type BenchmarkRun,
  type Candidate,
  type LoadedRun,
  type ModelType,
} from '../evidence/index.ts';
import type { RegistryEntry } from '../registry/index.ts';
import { readMachineDigest } from '../system/index.ts';
import type { MeasuredCandidate } from './bench-measure.ts';
import { readSystemInfo } from './system-info.ts';

export interface BenchRunFacts {
  readonly at: Date;
  readonly commandLine: string;
  /** The whole suite; `sampled` says how much of it was asked. */
  readonly suite: Suite;
  readonly sampled: SampledCases | null;
  readonly budgetMs: number | null;
  readonly isIncomplete: boolean;
  readonly engineName: string;
}

/** Throws `EVIDENCE_RUN_INVALID`, `SYSTEM_*`. */
export async function saveBenchRun(
  runsDir: string,
  measured: readonly MeasuredCandidate[],
  facts: BenchRunFacts,
): Promise<LoadedRun> {
  const run = await toRun(measured, facts);
  for (let no = 1; ; no += 1) {
    const { metadata } = run;
    const run_id = no === 1 ? metadata.run_id : `${metadata.run_id}-${no}`;
    const named = { ...run, metadata: { ...metadata, run_id } };
    try {
      return { path: await saveRun(runsDir, named), run: named };
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'EVIDENCE_RUN_EXISTS' || no >= MAX_SAME_SECOND)
        throw error;
    }
  }
}

async function toRun(
  measured: readonly MeasuredCandidate[],
  { at, commandLine, suite, sampled, budgetMs, isIncomplete, engineName }: BenchRunFacts,
): Promise<BenchmarkRun> {
  const engine = measured.find((one) => one.engine !== null)?.engine ?? null;
  const milton = {
    node_version: process.version,
    incomplete: isIncomplete,
    suite_sha256: suite.sha256,
    machine_sha256: await readMachineDigest(),
    engine: engine?.name ?? engineName,
    engine_version: engine?.version ?? null,
    engine_flags: [...(engine?.flags ?? [])],
    suite: {
      name: suite.name,
      cases: { ...countCases(suite) },
      sampled: sampled === null ? null : { ...sampled },
      seen_by: [...suite.seenBy],
    },
    budget_ms: budgetMs,
  };
  return {
    metadata: {
      run_id: `benchmark_${toStamp(at)}`,
      timestamp: toTimestamp(at),
      git_sha: null,
      git_branch: null,
      git_dirty: null,
      command_line: commandLine,
      dry_run: false,
    },
    system_info: readSystemInfo(),
    candidates: measured.map(toCandidate),
    milton,
  };
}

function toCandidate({ candidate, metrics, conditions }: MeasuredCandidate): Candidate {
  const { entry, gguf, artifact } = candidate;
  const found = {
    version: entry.version,
    model_type: toModelType(entry),
    model_path: entry.model_path,
    base_model: entry.base_model,
    quantization: entry.quantization,
    distilled_from: entry.distilled_from,
    file_size_mb: artifact === null ? null : artifact.size_bytes / 2 ** 20,
    parameter_count: gguf?.facts.parameterCount ?? null,
    metrics,
    artifact,
    conditions,
  };
  return found;
}

function toModelType({ quantization, distilled_from: from }: RegistryEntry): ModelType {
  if (quantization === null) return from === null ? 'base' : 'distilled';
  return from === null ? 'quantized' : 'quantized+distilled';
}

/** Runs that begin in one second: more is a loop that went wrong. */
const MAX_SAME_SECOND = 99;

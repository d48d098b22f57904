/** Writes what was measured as a run file. */
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import {
  countCases,
  MEASURING_METHOD,
  type SampledCases,
  type SubjectEngine,
  type Suite,
} from '../bench/index.ts';
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
import type { BenchEngine } from './bench-engine.ts';
import type { MeasuredCandidate } from './bench-measure.ts';
import type { BenchRequestRecord } from './bench-request.ts';
import { readSystemInfo } from './system-info.ts';

export interface BenchRunFacts {
  readonly at: Date;
  readonly commandLine: string;
  /** The whole suite; `sampled` says how much of it was asked. */
  readonly suite: Suite;
  readonly sampled: SampledCases | null;
  readonly budgetMs: number | null;
  readonly isIncomplete: boolean;
  readonly engine: Pick<BenchEngine, 'name' | 'runsFiles'>;
  /** The run that was gone on with. */
  readonly resumes: string | null;
  readonly request: BenchRequestRecord | null;
  readonly machine?: (() => Promise<string | null>) | undefined;
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

async function toRun(measured: readonly MeasuredCandidate[], facts: BenchRunFacts): Promise<BenchmarkRun> {
  const { at, commandLine, suite, sampled, budgetMs, isIncomplete, engine, resumes, request } = facts;
  const { machine = readMachineDigest } = facts;
  const common = commonEngine(measured.flatMap((one) => one.engine ?? []));
  const milton = {
    node_version: process.version,
    incomplete: isIncomplete,
    method: MEASURING_METHOD,
    suite_sha256: suite.sha256,
    // Where a server is nobody can say.
    machine_sha256: engine.runsFiles ? await machine() : null,
    engine: engine.name,
    engine_version: common?.version ?? null,
    engine_flags: common === null ? null : [...common.flags],
    suite: {
      name: suite.name,
      cases: { ...countCases(suite) },
      sampled: sampled === null ? null : { ...sampled },
      seen_by: [...suite.seenBy],
    },
    budget_ms: budgetMs,
    resumes,
    request,
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

/** Null where there is none, or not one for all. */
function commonEngine(engines: readonly SubjectEngine[]): SubjectEngine | null {
  const [first] = engines;
  return first === undefined || engines.some((one) => !isDeepStrictEqual(one, first)) ? null : first;
}

function toCandidate(measured: MeasuredCandidate): Candidate {
  const { candidate, metrics, artifact, conditions, engine, settings, carriedOver } = measured;
  const { entry, gguf } = candidate;
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
    engine: engine === null ? null : { ...engine },
    settings,
    carried_over: carriedOver,
  };
  return found;
}

function toModelType({ quantization, distilled_from: from }: RegistryEntry): ModelType {
  if (quantization === null) return from === null ? 'base' : 'distilled';
  return from === null ? 'quantized' : 'quantized+distilled';
}

/** Runs that begin in one second: more is a loop that went wrong. */
const MAX_SAME_SECOND = 99;

/** The run that was cut short and is to be gone on with: the newest one, and no other. */
import { join } from 'node:path';
import type { SampledCases, Suite } from '../bench/index.ts';
import { escapeText, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { listRunFiles, loadRun, type LoadedRun } from '../evidence/index.ts';
import { parseBenchRequest, type BenchRequestRecord } from './bench-request.ts';
import { PipelineFailure } from './error.ts';

export interface RunToResume {
  readonly loaded: LoadedRun;
  readonly request: BenchRequestRecord;
  readonly budgetMs: number | null;
  /** Null where all cases are asked. */
  readonly sampled: SampledCases | null;
}

/** Throws `PIPELINE_NOTHING_TO_RESUME`, `PIPELINE_RUN_NOT_RESUMABLE`, `EVIDENCE_*`, `SYSTEM_*`. */
export async function findRunToResume(runsDir: string): Promise<RunToResume> {
  const [newest] = await listRunFiles(runsDir);
  const loaded = newest === undefined ? null : await loadRun(join(runsDir, newest));
  if (loaded === null || loaded.run.milton?.incomplete !== true) {
    const received = loaded === null ? 'no run' : `${escapeText(loaded.path)}, which is complete`;
    throw new PipelineFailure(
      'PIPELINE_NOTHING_TO_RESUME',
      `No benchmark in ${escapeText(runsDir)} was cut short: the newest is ${received}.`,
      { details: { folder: runsDir, expected: 'a newest run that is incomplete', received } },
    );
  }
  const milton = loaded.run.milton as JsonObject;
  const request = parseBenchRequest(milton['request']);
  const about = milton['suite'];
  const sampled = isJsonObject(about) ? parseSampled(about['sampled']) : undefined;
  const budgetMs = milton['budget_ms'] ?? null;
  if (request === null || sampled === undefined || !(budgetMs === null || typeof budgetMs === 'number')) {
    throw notResumable(loaded, 'it does not say what it was asked for', 'a run of milton bench');
  }
  return { loaded, request, budgetMs, sampled };
}

/** That the same is asked as before. Throws `PIPELINE_RUN_NOT_RESUMABLE`. */
export function assertSameSuite({ loaded }: RunToResume, suite: Suite): void {
  const before = loaded.run.milton?.suite_sha256 ?? null;
  if (before === suite.sha256) return;
  throw notResumable(loaded, 'the suite was changed since', before ?? 'a suite', suite.sha256);
}

/** Undefined where it can be neither. */
function parseSampled(value: JsonValue | undefined): SampledCases | null | undefined {
  if (value === null) return null;
  if (!isJsonObject(value)) return undefined;
  const { speed, cove, retrieval } = value;
  const isCount = (one: JsonValue | undefined): one is number =>
    typeof one === 'number' && Number.isSafeInteger(one) && one >= 0;
  return isCount(speed) && isCount(cove) && isCount(retrieval) ? { speed, cove, retrieval } : undefined;
}

function notResumable(
  { path }: LoadedRun,
  why: string,
  expected: string,
  received = 'something else',
): PipelineFailure {
  return new PipelineFailure(
    'PIPELINE_RUN_NOT_RESUMABLE',
    `${escapeText(path)} cannot be gone on with: ${why}.`,
    { details: { run: path, expected, received } },
  );
}

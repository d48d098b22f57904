/** Holds the best of a run against what is live on a target, before anything is deployed. */
import { Failure, type Warning } from '../core/index.ts';
import { readStatus, resumeTarget, type DeployContext } from '../deploy/index.ts';
import { assertSelected, judgeReplacement, type LiveModel, type Replacement } from '../select/index.ts';
import type { ReplaceOptions, SelectOptions } from '../select/index.ts';
import { selectFromRun, type SelectedRun } from './select-run.ts';

export interface JudgeLiveOptions extends ReplaceOptions {
  readonly select: SelectOptions;
  readonly runsDir: string;
  /** A name in the runs folder or a path; null for the newest. */
  readonly benchmarkFile: string | null;
  readonly allowNetworkFs: boolean;
  /** False leaves what a crash left unfinished as it is: a dry run changes nothing. */
  readonly settle: boolean;
}

export interface JudgedLive {
  readonly decision: Replacement;
  readonly selected: SelectedRun;
  readonly warnings: readonly Warning[];
}

/**
 * What a crash left unfinished is settled first, or a release might be called live that is about to be put back. Throws
 * what `selectFromRun` throws, `SELECT_*`, `TARGET_BUSY`, `DEPLOY_*`.
 */
export async function judgeLive(options: JudgeLiveOptions, context: DeployContext): Promise<JudgedLive> {
  const { select, runsDir, benchmarkFile } = options;
  const run = { runsDir, benchmarkFile: benchmarkFile ?? undefined, clock: context.clock };
  const selected = await selectFromRun({ ...run, ...select });
  const { result, loaded } = selected;
  assertSelected(result);
  const { live, warnings } = await findLiveModel(context, options);
  const decision = judgeReplacement({ result, candidates: loaded.run.candidates }, live, options);
  return { decision, selected, warnings };
}

/** Null where a run cannot be judged: the deployment then refuses it, and its history says so. */
export async function judgeLiveIfAny(
  options: JudgeLiveOptions,
  context: DeployContext,
): Promise<JudgedLive | null> {
  try {
    return await judgeLive(options, context);
  } catch (error) {
    if (error instanceof Failure && /^(?:EVIDENCE_|SELECT_NONE_PASSED)/.test(error.code)) return null;
    throw error;
  }
}

async function findLiveModel(
  context: DeployContext,
  { allowNetworkFs, settle }: Pick<JudgeLiveOptions, 'allowNetworkFs' | 'settle'>,
): Promise<{ readonly live: LiveModel | null; readonly warnings: readonly Warning[] }> {
  const first = await readStatus(context.layout);
  if (first.unfinished === null || !settle) return { live: toLiveModel(first), warnings: [] };
  const settled = await resumeTarget({ allowNetworkFs, restart: true }, context);
  const message = `${first.unfinished.transaction} had ended without an end, and was settled first.`;
  const warnings = settled === null ? [] : [{ code: 'DEPLOY_UNFINISHED_SETTLED', message }];
  return { live: toLiveModel(await readStatus(context.layout)), warnings };
}

function toLiveModel({ live }: Awaited<ReturnType<typeof readStatus>>): LiveModel | null {
  if (live === null) return null;
  // A release that the journal does not know has bytes that no run can be held against.
  return { version: live.known?.version ?? live.id, artifactSha256: live.known?.artifactSha256 ?? '' };
}

/** The load test with the floors that the operator set: absolute ones, and one that is held against what is live now. */
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { DeployFailure } from './error.ts';
import { assertFastEnough, hasGates, isComparable } from './gates.ts';
import { releasePath } from './layout.ts';
import {
  runLoadTest,
  subjectOf,
  type LoadTestOptions,
  type LoadTestResult,
  type LoadTestSubject,
} from './load-test.ts';
import { readReleaseMetadata } from './release-metadata.ts';
import type { KnownRelease } from './target-view.ts';
import type { LoadTestReport } from './types.ts';
import { readModelSums } from './verify-release.ts';

export interface GatedLoadTest {
  readonly subject: LoadTestSubject;
  readonly test: Pick<LoadTestOptions, 'allow' | 'summary'>;
  readonly options: Pick<
    DeployOptions,
    'gates' | 'loadTestTokens' | 'loadTestTimeoutMs' | 'skipLoadTest' | 'allowUnsafeFiles'
  >;
  /** The release to hold it against; null where nothing is live. What was adopted cannot be measured. */
  readonly live: KnownRelease | null;
}

/** Throws what `runLoadTest` throws, `DEPLOY_TOO_SLOW`, `DEPLOY_SMOKE_FAILED`. */
export async function runGatedLoadTest(
  { subject, test, options, live }: GatedLoadTest,
  context: DeployContext,
): Promise<LoadTestResult> {
  const { gates, loadTestTokens: tokens, loadTestTimeoutMs: timeoutMs, allowUnsafeFiles } = options;
  const { skipLoadTest: skip } = options;
  const { engine, signal } = context;
  if (hasGates(gates) && (skip || subject.kind !== 'gguf')) throw untested(skip);
  const how = { engine, tokens, timeoutMs, skip, allowUnsafeFiles, smoke: gates.smoke, signal };
  const tested = await runLoadTest(subject, { ...test, ...how });
  const needsLive = gates.minOfLive !== null;
  const measurable = live?.adopted === null ? live : null;
  const liveSpeed =
    needsLive && measurable !== null ? await speedOfLive(measurable, tested.report, context) : null;
  assertFastEnough(tested.report, gates, liveSpeed);
  if (!needsLive || measurable !== null) return tested;
  const message =
    'Nothing that was deployed is live here yet, so there was no speed to hold the new model against.';
  return { ...tested, warnings: [...tested.warnings, { code: 'DEPLOY_NOTHING_TO_COMPARE', message }] };
}

function untested(skip: boolean): DeployFailure {
  const message = 'The load test must meet a floor or answer a prompt, and no model would be run.';
  return new DeployFailure('DEPLOY_GATE_UNTESTED', message, {
    details: { expected: 'a load test', received: skip ? '--skip-load-test' : 'a Hugging Face directory' },
  });
}

/** As its own load test measured it here, if that was done in the same way; otherwise it is measured now. */
async function speedOfLive(
  live: KnownRelease,
  report: LoadTestReport,
  { layout, engine, signal }: DeployContext,
): Promise<number | null> {
  if (live.measured !== null && isComparable(live.measured, report)) return live.measured.tokens_per_second;
  const directory = releasePath(layout, live.id);
  const { artifactType, waivedRules } = await readReleaseMetadata(directory, live.artifactSha256);
  const modelFiles = [...(await readModelSums(directory)).keys()];
  const again = await runLoadTest(subjectOf(artifactType, directory, modelFiles), {
    engine,
    tokens: report.tokens ?? 1,
    skip: false,
    allow: waivedRules,
    summary: null,
    signal,
  });
  return again.report.tokens_per_second;
}

/** The load test with the floors that the operator set: absolute ones, and one that is held against what is live now. */
import type { MeasuredOn } from '../evidence/index.ts';
import { readMachineDigest } from '../system/index.ts';
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { DeployFailure } from './error.ts';
import {
  assertBenchmarkFloor,
  assertFastEnough,
  assertFigures,
  assertSameMachine,
  hasGates,
  isComparable,
} from './gates.ts';
import { releasePath } from './layout.ts';
import {
  runLoadTest,
  subjectOf,
  type LoadTestOptions,
  type LoadTestResult,
  type LoadTestSubject,
} from './load-test.ts';
import type { LoadTester } from './load-tester.ts';
import { readReleaseMetadata } from './release-metadata.ts';
import type { KnownRelease } from './target-view.ts';
import type { LoadTestReport } from './types.ts';
import { readModelSums } from './verify-release.ts';
import { aboutRelease } from './test-by-command.ts';

export interface GatedLoadTest {
  readonly subject: LoadTestSubject;
  readonly test: Pick<LoadTestOptions, 'allow' | 'summary' | 'about'>;
  readonly options: Pick<
    DeployOptions,
    'gates' | 'loadTestTokens' | 'loadTestTimeoutMs' | 'skipLoadTest' | 'allowUnsafeFiles' | 'tester'
  >;
  /** The release to hold it against; null where nothing is live. What was adopted cannot be measured. */
  readonly live: KnownRelease | null;
  /** Where and with what the benchmark was measured; null where it does not say. */
  readonly measuredOn: MeasuredOn | null;
}

/** Throws what `runLoadTest` throws, `DEPLOY_TOO_SLOW`, `DEPLOY_SMOKE_FAILED`, `DEPLOY_GATE_UNTESTED`, `DEPLOY_BENCHMARK_ELSEWHERE`. */
export async function runGatedLoadTest(
  { subject, test, options, live, measuredOn }: GatedLoadTest,
  context: DeployContext,
): Promise<LoadTestResult> {
  const { gates, loadTestTokens: tokens, loadTestTimeoutMs: timeoutMs, allowUnsafeFiles, tester } = options;
  const { skipLoadTest: skip } = options;
  const { engine, signal } = context;
  assertTestable(subject, options);
  const wantsBenchmark = gates.minOfBenchmark !== null;
  const side = { measuredOn, machineSha256: wantsBenchmark ? await readMachineDigest() : null };
  if (wantsBenchmark) assertSameMachine(side);
  const how = { engine, tester, tokens, timeoutMs, skip, allowUnsafeFiles, smoke: gates.smoke, signal };
  const tested = await runLoadTest(subject, { ...test, ...how });
  assertFigures(tested.report, gates);
  assertBenchmarkFloor(tested.report, gates, side);
  const needsLive = gates.minOfLive !== null;
  const measurable = live?.adopted === null ? live : null;
  const liveSpeed =
    needsLive && measurable !== null
      ? await speedOfLive(measurable, { ...tested, tokens, tester }, context)
      : null;
  assertFastEnough(tested.report, gates, liveSpeed);
  if (!needsLive || measurable !== null) return tested;
  const message =
    'Nothing that was deployed is live here yet, so there was no speed to hold the new model against.';
  return { ...tested, warnings: [...tested.warnings, { code: 'DEPLOY_NOTHING_TO_COMPARE', message }] };
}

/** Throws `DEPLOY_GATE_UNTESTED`: a gate is never passed over because nothing is run that it could be about. */
function assertTestable(
  { kind }: LoadTestSubject,
  { gates, skipLoadTest: skip, tester }: GatedLoadTest['options'],
): void {
  const isRun = !skip && (kind === 'gguf' || tester.kind === 'command');
  const isAsked = gates.smoke === null || tester.kind !== 'command';
  if (!hasGates(gates) || (isRun && isAsked)) return;
  const message = isRun
    ? 'The model must answer a prompt, and a load test command asks it what it likes.'
    : 'The load test must meet a floor or answer a prompt, and no model would be run.';
  throw new DeployFailure('DEPLOY_GATE_UNTESTED', message, {
    details: {
      expected: isRun ? 'an engine to ask' : 'a load test that runs the model',
      received: isRun ? 'a command' : skip ? '--skip-load-test' : 'a Hugging Face directory',
    },
  });
}

/** As its own load test measured it here, if that was done in the same way; otherwise it is measured now. */
async function speedOfLive(
  live: KnownRelease,
  { report, tokens, tester }: { report: LoadTestReport; tokens: number; tester: LoadTester },
  { layout, engine, signal }: DeployContext,
): Promise<number | null> {
  if (live.measured !== null && isComparable(live.measured, report)) return live.measured.tokens_per_second;
  const directory = releasePath(layout, live.id);
  const { artifactType, waivedRules } = await readReleaseMetadata(directory, live.artifactSha256);
  const modelFiles = [...(await readModelSums(directory)).keys()];
  const again = await runLoadTest(subjectOf(artifactType, directory, modelFiles), {
    engine,
    tester,
    about: aboutRelease({ ...live, release: directory, target: layout.targetPath }),
    tokens: report.tokens ?? tokens,
    skip: false,
    allow: waivedRules,
    summary: null,
    signal,
  });
  return again.report.tokens_per_second;
}

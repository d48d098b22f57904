/** Going back because a person asks: to a release that is known to be good, through the same gates and the same table. */
import type { JsonObject } from '../core/index.ts';
import { assertLinkIs, pointAt } from './activate.ts';
import {
  concludeAttempt,
  nameAttempt,
  startAttempt,
  warnOfRemains,
  type Attempt,
  type AttemptEnd,
} from './attempt.ts';
import { chooseRelease, findRelease, liveOf } from './choose-release.ts';
import { readWho, type DeployContext } from './context.ts';
import { goBack, toServed } from './going-back.ts';
import { releasePath } from './layout.ts';
import { assertEngine, runLoadTest, subjectOf } from './load-test.ts';
import { EMBEDDED_TESTER, toTesterJson, type LoadTester } from './load-tester.ts';
import { assertMemory } from './plan.ts';
import { stateAnnouncer } from './progress-text.ts';
import { assertUsableTarget } from './usable-target.ts';
import { hasRecord } from './records.ts';
import { readReleaseMetadata, type ReleaseMetadata } from './release-metadata.ts';
import { serveRelease } from './service.ts';
import { hasService, NO_SERVICE, toServiceJson, type ServiceSettings } from './service-settings.ts';
import { settledWarning, withSettledTarget, type Settled } from './settle.ts';
import { surveyTarget } from './survey-target.ts';
import type { KnownRelease, TargetView } from './target-view.ts';
import { withTester } from './tester-engine.ts';
import { runTransaction, type Steps } from './transaction.ts';
import type { DeploymentOutcome } from './types.ts';
import { readModelSums, verifyRelease } from './verify-release.ts';
import { aboutRelease } from './test-by-command.ts';

export interface RollbackOptions {
  /** A release id; null for the good one that was live before. */
  readonly to: string | null;
  /** Skips the load test for this reason, which is recorded. */
  readonly now: string | null;
  readonly loadTestTokens: number;
  readonly allowNetworkFs: boolean;
  readonly retryBad: boolean;
  /** How the server is restarted and probed; null for the way in which it was the last time. */
  readonly service: ServiceSettings | null;
  /** Who runs the load test; null for whoever ran the last one on this target. */
  readonly tester?: LoadTester | null;
}

/**
 * Throws `DEPLOY_NOTHING_TO_GO_BACK_TO`, `DEPLOY_RELEASE_*`, `TARGET_*`, `ENGINE_*`, `DEPLOY_LOAD_TEST_FAILED`; a record
 * of the attempt is in the history either way.
 */
export async function rollBack(options: RollbackOptions, context: DeployContext): Promise<DeploymentOutcome> {
  const startedAt = context.clock.now();
  const attempt = startAttempt({
    kind: 'rollback',
    startedAt,
    targetPath: context.layout.targetPath,
    version: null,
    bundlePath: null,
  });
  let end: AttemptEnd;
  try {
    // Refused here, not even a lock is written.
    const facts = await surveyTarget(context.layout);
    assertUsableTarget(facts, options);
    // What a crash left unfinished is settled first, and that may be the way back.
    if (facts.view.unfinished === null) chooseRelease(facts, options);
    const how = { command: 'rollback', allowNetworkFs: options.allowNetworkFs };
    end = await withSettledTarget(context, how, (settled) =>
      rollBackSettled(attempt, { settled, options, context }),
    );
  } catch (failure) {
    end = { state: 'refused', failure, alreadyLive: false, previousReleaseId: null };
  }
  return concludeAttempt(attempt, end, context);
}

async function rollBackSettled(
  attempt: Attempt,
  {
    settled,
    options,
    context: given,
  }: {
    readonly settled: Settled | null;
    readonly options: RollbackOptions;
    readonly context: DeployContext;
  },
): Promise<AttemptEnd> {
  const { layout, clock, signal } = given;
  if (settled !== null) attempt.warnings.push(settledWarning(settled));
  const facts = await surveyTarget(layout);
  assertUsableTarget(facts, options);
  const tester = options.tester ?? facts.view.tester ?? EMBEDDED_TESTER;
  const context = options.now === null ? await withTester(given, tester) : given;
  const from = liveOf(facts);
  // A deployment that a crash left half done was just undone: that was the way back.
  const isUndone = settled?.kind === 'deploy' && settled.state === 'rolled-back';
  const isDone = isUndone && options.to === null && from !== null;
  const to = isDone ? findRelease(facts.view, from) : chooseRelease(facts, options);
  const metadata = await readReleaseMetadata(releasePath(layout, to.id), to.artifactSha256);
  await describe(attempt, to, metadata, context);
  if (to.id === from) return { state: 'live', failure: null, alreadyLive: true, previousReleaseId: from };
  if (options.now === null) {
    await assertEngine(context.engine, { artifactType: metadata.artifactType, skip: false, tester });
    assertMemory(
      facts,
      // What a command takes is not known.
      tester.kind === 'command' ? { memoryBytes: null } : metadata,
      'Stop what uses the memory, or skip the load test: milton rollback --now REASON',
    );
  }
  const service = options.service ?? facts.view.service ?? NO_SERVICE;
  const end = await runTransaction(
    {
      id: attempt.id,
      kind: 'rollback',
      from,
      to: to.id,
      version: to.version,
      bundleId: to.bundleId,
      artifactSha256: to.artifactSha256,
      who: await readWho(),
      why: options.now,
    },
    rollbackSteps({ attempt, to, metadata, from, view: facts.view, service, tester, options, context }),
    {
      journalFile: layout.journalFile,
      lastSeq: facts.view.lastSeq,
      clock,
      signal,
      shield: context.shield,
      cleanUp: () => Promise.resolve(),
      factsAt: (state): JsonObject => {
        if (state === 'planned') {
          return {
            ...(hasService(service) && { service: toServiceJson(service) }),
            ...(options.now === null && { tester: toTesterJson(tester) }),
          };
        }
        return state === 'live' ? { load_test: attempt.loadTest, served: attempt.service } : {};
      },
      // What was left is not offered again, and not condemned either: a person may have had any reason.
      verdictsAt: (state) =>
        state === 'live' ? { [to.id]: 'good', ...(from === null ? {} : { [from]: 'unknown' as const }) } : {},
      onState: stateAnnouncer(
        { kind: 'rollback', artifactType: metadata.artifactType, skipLoadTest: options.now !== null, tester },
        context,
      ),
    },
  );
  warnOfRemains(attempt, end);
  return {
    state: end.state,
    failure: end.failures[0] ?? null,
    alsoFailed: end.failures.slice(1),
    alreadyLive: false,
    previousReleaseId: from,
  };
}

interface RollbackWalk {
  readonly attempt: Attempt;
  readonly to: KnownRelease;
  readonly metadata: ReleaseMetadata;
  readonly from: string | null;
  readonly view: TargetView;
  readonly service: ServiceSettings;
  readonly tester: LoadTester;
  readonly options: RollbackOptions;
  readonly context: DeployContext;
}

function rollbackSteps(walk: RollbackWalk): Steps {
  const { attempt, to, metadata, from, view, service, tester, options, context } = walk;
  const { layout, signal, onProgress, engine } = context;
  let isServerTouched = false;
  const directory = releasePath(layout, to.id);
  return {
    planned: () => Promise.resolve(),
    // Nothing is staged: the bytes are there already, and must still be the ones that were deployed.
    staging: async () => {
      await verifyRelease(directory, {
        artifactSha256: to.artifactSha256,
        version: to.version,
        signal,
        onProgress,
      });
      attempt.checksumVerified = true;
    },
    verified: async () => {
      const modelFiles = [...(await readModelSums(directory)).keys()];
      const tested = await runLoadTest(subjectOf(metadata.artifactType, directory, modelFiles), {
        engine,
        tester,
        about: aboutRelease({ release: directory, ...to, target: layout.targetPath }),
        tokens: options.loadTestTokens,
        skip: options.now !== null,
        allow: metadata.waivedRules,
        // They were taken when it was deployed.
        allowUnsafeFiles: metadata.unsafeFiles.length > 0,
        summary: attempt.facts?.summary ?? null,
        signal,
      });
      attempt.loadTest = tested.report;
      attempt.warnings.push(...tested.warnings);
    },
    'load-tested': () => assertLinkIs(layout, from),
    activating: () => pointAt(layout, to.id),
    probing: async () => {
      if (!hasService(service)) return;
      isServerTouched = true;
      attempt.service = await serveRelease(service, toServed(layout, to), { signal, onProgress });
    },
    'rolling-back': async () => {
      await goBack({ from, to: to.id, view, service, isServerTouched }, context);
    },
  };
}

async function describe(
  attempt: Attempt,
  to: KnownRelease,
  metadata: ReleaseMetadata,
  { layout, state }: DeployContext,
): Promise<void> {
  await nameAttempt(attempt, to.version, (id) => hasRecord(state.historyDir, id));
  attempt.releasePath = releasePath(layout, to.id);
  attempt.facts = {
    version: to.version,
    bundleId: to.bundleId,
    artifactType: metadata.artifactType,
    artifactSha256: to.artifactSha256,
    evidence: metadata.evidence,
    summary: metadata.summary,
    registeredAt: metadata.registeredAt,
  };
}

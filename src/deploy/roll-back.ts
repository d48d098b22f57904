/** Going back because a person asks: to a release that is known to be good, through the same gates and the same table. */
import type { JsonObject } from '../core/index.ts';
import { assertLinkIs, pointAt } from './activate.ts';
import { checkAdopted, testAdopted } from './adopted-release.ts';
import {
  concludeAttempt,
  nameAttempt,
  startAttempt,
  warnOfRemains,
  type Attempt,
  type AttemptEnd,
} from './attempt.ts';
import { assertMayReturn, bindPolicy } from './target-policy.ts';
import { toTrustFacts } from './trust-memory.ts';
import { chooseRelease, findRelease, liveOf } from './choose-release.ts';
import { touchesContent, type ReleaseDamage } from './compare-release.ts';
import { readWho, type DeployContext } from './context.ts';
import { goBack, toServed } from './going-back.ts';
import { toDamagedFacts } from './journal-facts.ts';
import { releasePath } from './layout.ts';
import { assertEngine, runLoadTest, subjectOf, type LoadTestSubject } from './load-test.ts';
import { EMBEDDED_TESTER, toTesterJson, type LoadTester } from './load-tester.ts';
import { assertMemory } from './plan.ts';
import { stateAnnouncer } from './progress-text.ts';
import { assertUsableTarget } from './usable-target.ts';
import { hasRecord } from './records.ts';
import { NO_METADATA, readReleaseMetadata, type ReleaseMetadata } from './release-metadata.ts';
import { serveRelease, type ServiceReport } from './service.ts';
import { hasService, NO_SERVICE, toServiceJson, type ServiceSettings } from './service-settings.ts';
import { settledWarning, withSettledTarget, type Settled } from './settle.ts';
import { surveyTarget } from './survey-target.ts';
import type { KnownRelease, TargetView } from './target-view.ts';
import { withTester } from './tester-engine.ts';
import { runTransaction, type Steps } from './transaction.ts';
import { aboutRelease } from './test-by-command.ts';
import type { DeploymentOutcome, Verdict } from './types.ts';
import { assertUndamaged, findDamage, readModelSums } from './verify-release.ts';

export interface RollbackOptions {
  /** A release id; null for the good one that was live before. */
  readonly to: string | null;
  /** Skips the load test for this reason, which is recorded. */
  readonly now: string | null;
  readonly loadTestTokens: number;
  /** As in `DeployOptions`. */
  readonly loadTestTimeoutMs: number | null;
  readonly allowNetworkFs: boolean;
  readonly retryBad: boolean;
  /** How the server is restarted and probed; null for the way in which it was the last time. */
  readonly service: ServiceSettings | null;
  /** Who runs the load test; null for whoever ran the last one on this target. */
  readonly tester?: LoadTester | null;
}

/**
 * Throws `TRUST_*`, `DEPLOY_NOTHING_TO_GO_BACK_TO`, `DEPLOY_RELEASE_*`, `TARGET_*`, `ENGINE_*`, `DEPLOY_LOAD_TEST_FAILED`; a record
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
    if (facts.view.unfinished === null)
      assertMayReturn(await bindPolicy(context, facts.view), chooseRelease(facts, options));
    const how = { command: 'rollback', allowNetworkFs: options.allowNetworkFs };
    end = await withSettledTarget(context, how, (settled) =>
      rollBackSettled(attempt, { settled, before: liveOf(facts), options, context }),
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
    before,
    options,
    context: given,
  }: {
    readonly settled: Settled | null;
    /** What was live when this was asked for. */
    readonly before: string | null;
    readonly options: RollbackOptions;
    readonly context: DeployContext;
  },
): Promise<AttemptEnd> {
  const { layout, clock, signal } = given;
  if (settled !== null) attempt.warnings.push(settledWarning(settled));
  // Another run ended while this one waited: to go back from what that one made live is not what was asked for.
  if (settled === null && options.to === null) await assertLinkIs(layout, before);
  const facts = await surveyTarget(layout);
  assertUsableTarget(facts, options);
  const tester = options.tester ?? facts.view.tester ?? EMBEDDED_TESTER;
  const context = options.now === null ? await withTester(given, tester) : given;
  const from = liveOf(facts);
  // A deployment that a crash left half done was just undone: that was the way back.
  const isUndone = settled?.kind === 'deploy' && settled.state === 'rolled-back';
  const isDone = isUndone && options.to === null && from !== null;
  const to = isDone ? findRelease(facts.view, from) : chooseRelease(facts, options);
  const metadata =
    to.adopted === null
      ? await readReleaseMetadata(releasePath(layout, to.id), to.artifactSha256)
      : NO_METADATA;
  await describe(attempt, to, metadata, context);
  if (to.id === from) return { state: 'live', failure: null, alreadyLive: true, previousReleaseId: from };
  const found = await bindPolicy(context, facts.view);
  attempt.warnings.push(...assertMayReturn(found, to));
  if (found !== null)
    attempt.trust = toTrustFacts({ found, vouched: to.trust, downgrade: null, isReturning: true });
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
  const notes: RollbackNotes = { damage: [], servedBack: null };
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
    rollbackSteps(
      { attempt, to, metadata, from, view: facts.view, service, tester, options, context },
      notes,
    ),
    {
      journalFile: layout.journalFile,
      lastSeq: facts.view.lastSeq,
      clock,
      signal,
      shield: context.shield,
      factsAt: (state): JsonObject => {
        if (state === 'planned') {
          return {
            ...(hasService(service) && { service: toServiceJson(service) }),
            ...(options.now === null && { tester: toTesterJson(tester) }),
          };
        }
        if (state === 'activating' && attempt.trust !== null) return { trust: attempt.trust };
        if (state === 'rolled-back') return { served: notes.servedBack };
        if (state === 'refused' && notes.damage.length > 0)
          return { damaged: toDamagedFacts({ releaseId: to.id, damage: notes.damage }) };
        return state === 'live' ? { load_test: attempt.loadTest, served: attempt.service } : {};
      },
      verdictsAt: (state): Readonly<Record<string, Verdict>> => {
        // Nobody can go back to it any more: the next rollback means the one before it.
        if (state === 'refused' && notes.damage.length > 0) return { [to.id]: 'bad' };
        // What was left is not offered again, and not condemned either: a person may have had any reason.
        if (state !== 'live') return {};
        return {
          [to.id]: to.adopted === null ? 'good' : 'unknown',
          ...(from === null ? {} : { [from]: 'unknown' as const }),
        };
      },
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

/** What becomes known on the way. */
interface RollbackNotes {
  damage: readonly ReleaseDamage[];
  servedBack: ServiceReport | null;
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

function rollbackSteps(walk: RollbackWalk, notes: RollbackNotes): Steps {
  const { attempt, to, metadata, from, view, service, tester, options, context } = walk;
  const { layout, signal, onProgress, engine } = context;
  let isServerTouched = false;
  const directory = releasePath(layout, to.id);
  return {
    planned: () => Promise.resolve(),
    // Nothing is staged: the bytes are there already, and must still be the ones that were deployed.
    staging: async () => {
      if (to.adopted !== null) {
        const how = { isVouched: options.now !== null };
        attempt.warnings.push(...(await checkAdopted(directory, to.adopted, how)));
        return;
      }
      const damage = await findDamage(directory, { ...to, signal, onProgress });
      notes.damage = damage.filter(touchesContent);
      assertUndamaged(directory, notes.damage);
      attempt.checksumVerified = true;
    },
    verified: async () => {
      const test = {
        engine,
        tester,
        about: aboutRelease({ release: directory, ...to, target: layout.targetPath }),
        tokens: options.loadTestTokens,
        timeoutMs: options.loadTestTimeoutMs,
        skip: options.now !== null,
        allow: metadata.waivedRules,
        // They were taken when it was deployed.
        allowUnsafeFiles: metadata.unsafeFiles.length > 0,
        summary: attempt.facts?.summary ?? null,
        signal,
      };
      const tested =
        to.adopted === null
          ? await runLoadTest(await findSubject(metadata.artifactType, directory), test)
          : await testAdopted(directory, test);
      attempt.loadTest = tested.report;
      attempt.warnings.push(...tested.warnings);
    },
    'load-tested': () => assertLinkIs(layout, from),
    // What is live is a link of ours, always.
    'setting-aside': () => Promise.reject(new Error('A rollback sets nothing aside.')),
    activating: () => pointAt(layout, to.id),
    probing: async () => {
      if (!hasService(service)) return;
      isServerTouched = true;
      attempt.service = await serveRelease(service, toServed(layout, to), { signal, onProgress });
    },
    'rolling-back': async () => {
      const way = { from, to: to.id, adoption: null, view, service, isServerTouched };
      notes.servedBack = await goBack(way, context);
    },
    // Nothing was written.
    tidying: () => Promise.resolve(),
  };
}

async function findSubject(
  artifactType: ReleaseMetadata['artifactType'],
  directory: string,
): Promise<LoadTestSubject> {
  return subjectOf(artifactType, directory, [...(await readModelSums(directory)).keys()]);
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
    evidence: to.adopted === null ? metadata.evidence : null,
    summary: metadata.summary,
    registeredAt: metadata.registeredAt,
  };
}

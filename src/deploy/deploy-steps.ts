/** What a deployment does in each state of the table. */
import { Failure, messageOf, toTimestamp, type JsonObject } from '../core/index.ts';
import { assertLinkIs, pointAt, rehearseSwap } from './activate.ts';
import { remainsWarning, warnOfRemains, type Attempt, type AttemptEnd } from './attempt.ts';
import { readWho, type DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { DeployFailure } from './error.ts';
import type { FinalPlan } from './final-plan.ts';
import { goBack, toServed } from './going-back.ts';
import { partialPath, releasePath } from './layout.ts';
import { runGatedLoadTest } from './gated-load-test.ts';
import { hasGates, toGatesJson } from './gates.ts';
import { subjectOf } from './load-test.ts';
import { toTesterJson } from './load-tester.ts';
import type { State } from './machine.ts';
import { stateAnnouncer } from './progress-text.ts';
import { createPrivateFolder, finishFolder, publishFolder, removeFolder } from './release-folder.ts';
import type { OpenRelease, StagedRelease } from './release-source.ts';
import { serveRelease, stopServer } from './service.ts';
import { hasService, toServiceJson } from './service-settings.ts';
import { judgeStagedModel } from './staged-model.ts';
import { runTransaction, type Steps } from './transaction.ts';
import type { Verdict } from './types.ts';
import { aboutRelease } from './test-by-command.ts';

export interface DeploymentWalk {
  readonly release: OpenRelease;
  readonly attempt: Attempt;
  readonly options: DeployOptions;
  readonly context: DeployContext;
  readonly final: Extract<FinalPlan, { kind: 'deploy' }>;
}

/** What becomes known on the way and is needed later. */
interface WalkNotes {
  /** The server may no longer run what was live before. */
  isServerTouched: boolean;
  isServerStopped: boolean;
  /** It was stopped, and did not start again after a refusal. */
  downBecause: unknown;
  /** The server did not come up well with this release. */
  isFoundBad: boolean;
}

/** Walks a planned deployment to its end. The caller holds the lock. Throws only if the journal cannot be begun. */
export async function walkDeployment(walk: DeploymentWalk): Promise<AttemptEnd> {
  const {
    attempt,
    context,
    release,
    final: { plan, facts: target },
  } = walk;
  const { layout, clock, signal } = context;
  const { facts } = release;
  const notes: WalkNotes = {
    isServerTouched: false,
    isServerStopped: false,
    downBecause: null,
    isFoundBad: false,
  };
  const end = await runTransaction(
    {
      id: attempt.id,
      kind: 'deploy',
      from: plan.from,
      to: attempt.id,
      version: facts.version,
      bundleId: attempt.facts?.bundleId ?? facts.bundleId,
      artifactSha256: facts.artifactSha256,
      who: await readWho(),
      why: null,
    },
    deploySteps(walk, notes),
    {
      journalFile: layout.journalFile,
      lastSeq: target.view.lastSeq,
      clock,
      signal,
      shield: context.shield,
      cleanUp: () => cleanUp(walk, notes),
      factsAt: (state) => factsAt(state, walk),
      verdictsAt: (state) => verdictsAt(state, walk, notes),
      onState: stateAnnouncer(
        {
          kind: 'deploy',
          artifactType: facts.artifactType,
          skipLoadTest: walk.options.skipLoadTest,
          tester: walk.options.tester,
        },
        context,
      ),
    },
  );
  warnOfRemains(attempt, end);
  if (end.state === 'live') attempt.releasePath = releasePath(layout, attempt.id);
  return {
    state: end.state,
    failure: toServerDown(end.failures[0] ?? null, notes),
    alsoFailed: end.failures.slice(1),
    alreadyLive: false,
    previousReleaseId: plan.from,
  };
}

function deploySteps(walk: DeploymentWalk, notes: WalkNotes): Steps {
  const {
    release,
    attempt,
    options,
    context,
    final: { plan, donor, facts: target },
  } = walk;
  const { layout, signal, onProgress, clock } = context;
  const { service } = options;
  const partial = partialPath(layout, attempt.id);
  const final = releasePath(layout, attempt.id);
  let staged: StagedRelease | null = null;
  return {
    planned: () => rehearseSwap(layout),
    staging: async () => {
      await createPrivateFolder(partial);
      const { skipChecksum } = options;
      staged = await release.stage(partial, { signal, onProgress, skipChecksum, known: donor?.files });
      attempt.checksumVerified = staged.checksumVerified;
      attempt.warnings.push(...staged.warnings);
      const { version, artifactType } = release.facts;
      const { artifactSha256, modelFiles } = staged;
      const deployedAt = toTimestamp(clock.now());
      const extras = { deployedAt, finalPath: final, modelFiles, artifactType, artifactSha256, version };
      await finishFolder(partial, extras, options.permissions);
    },
    verified: async () => {
      const subject = subjectOf(release.facts.artifactType, partial, staged?.modelFiles ?? []);
      const judging = judgeStagedModel(subject, { ...options, release, signal });
      const suspicions = await judging.catch((error: unknown) => {
        throw withoutPartial(error, partial);
      });
      attempt.warnings.push(...suspicions);
      await stopFirst(walk, notes);
      const live = target.view.releases.find(({ id }) => id === plan.from) ?? null;
      const { targetPath: targetOf } = plan;
      const about = aboutRelease({ ...release.facts, release: partial, target: targetOf });
      const test = { allow: release.allowedRules, summary: release.facts.summary, about };
      const { measuredOn } = release;
      const testing = runGatedLoadTest({ subject, test, options, live, measuredOn }, context);
      const tested = await testing.catch((error: unknown) => {
        throw withoutPartial(error, partial);
      });
      attempt.loadTest = tested.report;
      attempt.warnings.push(...tested.warnings);
    },
    'load-tested': async () => {
      await publishFolder(partial, final);
      await assertLinkIs(layout, plan.from);
    },
    activating: () => pointAt(layout, attempt.id),
    probing: async () => {
      if (!hasService(service)) return;
      notes.isServerTouched = true;
      const served = toServed(layout, { id: attempt.id, ...release.facts });
      try {
        attempt.service = await serveRelease(service, served, { signal, onProgress });
      } catch (error) {
        notes.isFoundBad = error instanceof DeployFailure && error.code === 'DEPLOY_PROBE_FAILED';
        throw error;
      }
    },
    'rolling-back': async () => {
      const { isServerTouched } = notes;
      const way = { from: plan.from, to: attempt.id, view: target.view, service, isServerTouched };
      await goBack(way, context);
      // The target is what it was; a folder that cannot be removed does not change that.
      await removeFolder(final).catch((error: unknown) => attempt.warnings.push(remainsWarning(error)));
    },
  };
}

/** The folder that was tested is gone when somebody reads the hint. */
function withoutPartial(error: unknown, partial: string): unknown {
  if (!(error instanceof Failure) || !error.hint.includes(partial)) return error;
  return error.inContext({
    hint: 'Check the file that was packed, where it came from: milton gguf check FILE',
  });
}

function verdictsAt(
  state: State,
  { attempt, final: { damaged } }: DeploymentWalk,
  { isFoundBad }: WalkNotes,
): Readonly<Record<string, Verdict>> {
  if (state === 'rolling-back' && isFoundBad) return { [attempt.id]: 'bad' };
  if (state !== 'live') return {};
  return {
    [attempt.id]: attempt.checksumVerified ? 'good' : 'unknown',
    // Its bytes are no longer there to go back to.
    ...(damaged === null ? {} : { [damaged.releaseId]: 'unknown' as const }),
  };
}

/** Where there is no memory for two, the server makes room before the model is loaded beside it. */
async function stopFirst(
  { options: { service, skipLoadTest }, final: { plan, facts }, context }: DeploymentWalk,
  notes: WalkNotes,
): Promise<void> {
  const live = facts.view.releases.find(({ id }) => id === plan.from);
  if (service.handover !== 'stop-first' || skipLoadTest || live === undefined) return;
  const { layout, signal, onProgress } = context;
  notes.isServerStopped = true;
  notes.isServerTouched = true;
  await stopServer(service, toServed(layout, live), { signal, onProgress });
}

/** After a refusal nothing of this attempt is left, and a server that was stopped for it serves again. */
async function cleanUp(walk: DeploymentWalk, notes: WalkNotes): Promise<void> {
  const {
    final: { plan, facts },
    attempt,
    options: { service },
    context,
  } = walk;
  try {
    if (!notes.isServerStopped) return;
    const way = { from: plan.from, to: attempt.id, view: facts.view, service, isServerTouched: true };
    await goBack(way, context);
  } catch (error) {
    notes.downBecause = error;
    throw error;
  } finally {
    await removeRemains(walk);
  }
}

/** Worse than the refusal itself: nothing serves now. */
function toServerDown(failure: unknown, { downBecause }: WalkNotes): unknown {
  if (downBecause === null) return failure;
  const message = `The model was refused, and the server did not start again: ${messageOf(failure)} Then: ${messageOf(downBecause)}`;
  return new DeployFailure('DEPLOY_SERVER_DOWN', message, { cause: downBecause });
}

async function removeRemains({ attempt, context: { layout } }: DeploymentWalk): Promise<void> {
  await removeFolder(partialPath(layout, attempt.id));
  await removeFolder(releasePath(layout, attempt.id));
}

function factsAt(
  state: State,
  {
    attempt,
    final: { plan, donor },
    release,
    options: { service, gates, tester, skipLoadTest },
  }: DeploymentWalk,
): JsonObject {
  switch (state) {
    case 'planned':
      return {
        target_path: plan.targetPath,
        required_disk_bytes: plan.requiredDiskBytes,
        free_disk_bytes: plan.freeDiskBytes,
        bundle_path: release.bundlePath,
        linked_from: donor?.releaseId ?? null,
        artifact_type: release.facts.artifactType,
        evidence_kind: release.facts.evidence?.kind ?? null,
        run_id: release.facts.evidence?.run_id ?? null,
        ...(hasService(service) && { service: toServiceJson(service) }),
        ...(hasGates(gates) && { gates: toGatesJson(gates) }),
        ...(!skipLoadTest && { tester: toTesterJson(tester) }),
      };
    case 'verified':
      return { checksum_verified: attempt.checksumVerified };
    case 'load-tested':
      return { load_test: attempt.loadTest };
    case 'live':
      return { load_test: attempt.loadTest, served: attempt.service };
    default:
      return {};
  }
}

/** What a deployment does in each state of the table. */
import { Failure, messageOf, toTimestamp } from '../core/index.ts';
import { removeRehearsal } from './adopt.ts';
import { remainsWarning, warnOfRemains, type AttemptEnd } from './attempt.ts';
import { readWho } from './context.ts';
import {
  factsAt,
  toAdoptedReport,
  verdictsAt,
  type DeploymentWalk,
  type WalkNotes,
} from './deployment-walk.ts';
import { DeployFailure } from './error.ts';
import { findServed, goBack, toServed, type WayBack } from './going-back.ts';
import { partialPath, releasePath } from './layout.ts';
import { runGatedLoadTest } from './gated-load-test.ts';
import { toAnchorFacts } from './journal-facts.ts';
import { subjectOf } from './load-test.ts';
import { stateAnnouncer } from './progress-text.ts';
import { createPrivateFolder, finishFolder, publishFolder, removeFolder } from './release-folder.ts';
import type { StagedRelease } from './release-source.ts';
import { serveRelease, stopServer } from './service.ts';
import { hasService } from './service-settings.ts';
import { judgeStagedModel } from './staged-model.ts';
import { adoptingSwap, linkSwap, type Swap } from './swap.ts';
import { runTransaction, type Steps } from './transaction.ts';
import { aboutRelease } from './test-by-command.ts';
import { hashSums } from './verify-release.ts';

/** Walks a planned deployment to its end. The caller holds the lock. Throws only if the journal cannot be begun. */
export async function walkDeployment(walk: DeploymentWalk): Promise<AttemptEnd> {
  const {
    attempt,
    context,
    release,
    final: { plan, facts: target, damaged },
  } = walk;
  const { layout, clock, signal } = context;
  const { facts } = release;
  const notes: WalkNotes = {
    swap: planSwap(walk),
    isServerTouched: false,
    isServerStopped: false,
    downBecause: null,
    isFoundBad: false,
    servedBack: null,
    anchors: {},
  };
  const end = await runTransaction(
    {
      id: attempt.id,
      kind: 'deploy',
      from: notes.swap.from,
      to: attempt.id,
      version: facts.version,
      bundleId: attempt.facts?.bundleId ?? facts.bundleId,
      artifactSha256: facts.artifactSha256,
      who: await readWho(),
      why: damaged === null ? null : `${damaged.releaseId} is damaged on disk`,
    },
    deploySteps(walk, notes),
    {
      journalFile: layout.journalFile,
      lastSeq: target.view.lastSeq,
      clock,
      signal,
      shield: context.shield,
      through: notes.swap.through,
      factsAt: (state) => ({ ...factsAt(state, walk, notes), ...notes.swap.factsAt(state) }),
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
  if (end.state === 'live') {
    attempt.releasePath = releasePath(layout, attempt.id);
    attempt.adopted = toAdoptedReport(notes.swap, layout);
  }
  return {
    state: end.state,
    failure: toServerDown(end.failures[0] ?? null, notes),
    alsoFailed: end.failures.slice(1),
    alreadyLive: false,
    // What was given back is no release.
    previousReleaseId: end.state === 'live' ? notes.swap.from : plan.from,
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
  const { swap } = notes;
  const partial = partialPath(layout, attempt.id);
  const final = releasePath(layout, attempt.id);
  let staged: StagedRelease | null = null;
  return {
    planned: () => swap.rehearse(),
    staging: async () => {
      await createPrivateFolder(partial);
      const { skipChecksum } = options;
      staged = await release.stage(partial, { signal, onProgress, skipChecksum, known: donor?.files });
      attempt.checksumVerified = staged.checksumVerified;
      // By the digests of the bytes that were written, whatever the source said of itself before.
      const judged = walk.trust.judge(staged.claims);
      attempt.trust = judged.facts;
      attempt.warnings.push(...staged.warnings, ...judged.warnings);
      const { version, artifactType } = release.facts;
      const { artifactSha256, modelFiles } = staged;
      const deployedAt = toTimestamp(clock.now());
      const extras = { deployedAt, finalPath: final, modelFiles, artifactType, artifactSha256, version };
      await finishFolder(partial, extras, options.permissions);
      const sumsSha256 = await hashSums(partial);
      notes.anchors = toAnchorFacts({ sumsSha256, deployedAt, permissions: options.permissions });
    },
    verified: async () => {
      const subject = subjectOf(release.facts.artifactType, partial, staged?.modelFiles ?? []);
      const judging = judgeStagedModel(subject, { ...options, release, trust: walk.trust, signal });
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
      await swap.assertUnmoved();
    },
    'setting-aside': () => swap.setAside(),
    activating: () => swap.activate(),
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
      notes.servedBack = await goBack(wayBack(walk, notes), context);
      // The target is what it was; a folder that cannot be removed does not change that.
      await removeFolder(final).catch((error: unknown) => attempt.warnings.push(remainsWarning(error)));
    },
    tidying: () => cleanUp(walk, notes),
  };
}

/** The folder that was tested is gone when somebody reads the hint. */
function withoutPartial(error: unknown, partial: string): unknown {
  if (!(error instanceof Failure) || !error.hint.includes(partial)) return error;
  return error.inContext({
    hint: 'Check the file that was packed, where it came from: milton gguf check FILE',
  });
}

/** Where there is no memory for two, the server makes room before the model is loaded beside it. */
async function stopFirst(walk: DeploymentWalk, notes: WalkNotes): Promise<void> {
  const {
    options: { service, skipLoadTest },
    final: { facts },
    context: { layout, signal, onProgress },
  } = walk;
  const { from, adoption } = notes.swap;
  const live = findServed(from, { adoption, view: facts.view });
  if (service.handover !== 'stop-first' || skipLoadTest || live === null) return;
  notes.isServerStopped = true;
  notes.isServerTouched = true;
  const served = toServed(layout, live);
  const place = adoption === null ? served.releasePath : layout.targetPath;
  await stopServer(service, { ...served, releasePath: place }, { signal, onProgress });
}

/** After a refusal nothing of this attempt is left, and a server that was stopped for it serves again. */
async function cleanUp(walk: DeploymentWalk, notes: WalkNotes): Promise<void> {
  try {
    if (notes.isServerStopped) await goBack(wayBack(walk, notes), walk.context);
  } catch (error) {
    notes.downBecause = error;
    throw error;
  } finally {
    await removeRemains(walk, notes);
  }
}

function wayBack(
  { attempt, options: { service }, final: { facts } }: DeploymentWalk,
  { swap: { from, adoption }, isServerTouched }: WalkNotes,
): WayBack {
  return { from, to: attempt.id, adoption, view: facts.view, service, isServerTouched };
}

/** A link of ours, or none, gives way to another; what is somebody else's becomes a release. */
function planSwap({ attempt, context, final: { plan } }: DeploymentWalk): Swap {
  const to = attempt.id;
  if (plan.adopts !== null) return adoptingSwap(context, { thing: plan.adopts, to });
  return linkSwap(context.layout, { from: plan.from, to });
}

/** Worse than the refusal itself: nothing serves now. */
function toServerDown(failure: unknown, { downBecause }: WalkNotes): unknown {
  if (downBecause === null) return failure;
  const message = `The model was refused, and the server did not start again: ${messageOf(failure)} Then: ${messageOf(downBecause)}`;
  return new DeployFailure('DEPLOY_SERVER_DOWN', message, { cause: downBecause });
}

async function removeRemains(
  { attempt, context: { layout } }: DeploymentWalk,
  { swap: { adoption } }: WalkNotes,
): Promise<void> {
  if (adoption !== null) await removeRehearsal(layout, adoption.releaseId);
  await removeFolder(partialPath(layout, attempt.id));
  await removeFolder(releasePath(layout, attempt.id));
}

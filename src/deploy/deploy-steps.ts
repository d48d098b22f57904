/** What a deployment does in each state of the table. */
import { Failure, toTimestamp, type JsonObject } from '../core/index.ts';
import { assertLinkIs, pointAt, pointBack, rehearseSwap } from './activate.ts';
import { remainsWarning, warnOfRemains, type Attempt, type AttemptEnd } from './attempt.ts';
import { readWho, type DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import type { FinalPlan } from './final-plan.ts';
import { partialPath, releasePath } from './layout.ts';
import { runLoadTest, subjectOf } from './load-test.ts';
import type { State } from './machine.ts';
import { stateAnnouncer } from './progress-text.ts';
import { createPrivateFolder, finishFolder, publishFolder, removeFolder } from './release-folder.ts';
import type { OpenRelease, StagedRelease } from './release-source.ts';
import { runTransaction, type Steps } from './transaction.ts';
import type { Verdict } from './types.ts';

export interface DeploymentWalk {
  readonly release: OpenRelease;
  readonly attempt: Attempt;
  readonly options: DeployOptions;
  readonly context: DeployContext;
  readonly final: Extract<FinalPlan, { kind: 'deploy' }>;
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
    deploySteps(walk),
    {
      journalFile: layout.journalFile,
      lastSeq: target.view.lastSeq,
      clock,
      signal,
      shield: context.shield,
      cleanUp: () => removeRemains(walk),
      factsAt: (state) => factsAt(state, walk),
      verdictsAt: (state) => verdictsAt(state, walk),
      onState: stateAnnouncer(
        { kind: 'deploy', artifactType: facts.artifactType, skipLoadTest: walk.options.skipLoadTest },
        context,
      ),
    },
  );
  warnOfRemains(attempt, end);
  if (end.state === 'live') attempt.releasePath = releasePath(layout, attempt.id);
  return {
    state: end.state,
    failure: end.failures[0] ?? null,
    alsoFailed: end.failures.slice(1),
    alreadyLive: false,
    previousReleaseId: plan.from,
  };
}

function deploySteps(walk: DeploymentWalk): Steps {
  const {
    release,
    attempt,
    options,
    context,
    final: { plan, donor },
  } = walk;
  const { layout, signal, onProgress, engine, clock } = context;
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
      const testing = runLoadTest(subject, {
        engine,
        tokens: options.loadTestTokens,
        skip: options.skipLoadTest,
        allow: release.allowedRules,
        summary: release.facts.summary,
        signal,
      });
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
    // Probes are not configured yet: the link says what is live.
    probing: () => Promise.resolve(),
    'rolling-back': async () => {
      await pointBack(layout, plan.from, attempt.id);
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
): Readonly<Record<string, Verdict>> {
  if (state !== 'live') return {};
  return {
    [attempt.id]: attempt.checksumVerified ? 'good' : 'unknown',
    // Its bytes are no longer there to go back to.
    ...(damaged === null ? {} : { [damaged.releaseId]: 'unknown' as const }),
  };
}

async function removeRemains({ attempt, context: { layout } }: DeploymentWalk): Promise<void> {
  await removeFolder(partialPath(layout, attempt.id));
  await removeFolder(releasePath(layout, attempt.id));
}

function factsAt(state: State, { attempt, final: { plan, donor }, release }: DeploymentWalk): JsonObject {
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
      };
    case 'verified':
      return { checksum_verified: attempt.checksumVerified };
    case 'load-tested':
    case 'live':
      return { load_test: attempt.loadTest };
    default:
      return {};
  }
}

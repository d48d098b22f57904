/** Everything of a deployment but the change: nothing is written except, where a bundle is load-tested, a folder that goes. */
import { dirname, join } from 'node:path';
import { messageOf } from '../core/index.ts';
import { makeDirectory, removeAbandoned, unfinishedName } from '../system/index.ts';
import type { Attempt, AttemptEnd } from './attempt.ts';
import type { DeployContext } from './context.ts';
import { planAhead, type PlannedOptions } from './final-plan.ts';
import { withoutInference } from './judge-load-test.ts';
import { runGatedLoadTest } from './gated-load-test.ts';
import { subjectOf, type LoadTestSubject } from './load-test.ts';
import { previewRetention } from './prune.ts';
import { createPrivateFolder, removeFolder } from './release-folder.ts';
import type { OpenRelease, ReleaseOrigin } from './release-source.ts';
import { isKeepingAll } from './retention.ts';
import { retentionWarnings } from './retention-report.ts';
import { judgeStagedModel } from './staged-model.ts';
import { surveyTarget } from './survey-target.ts';
import { aboutRelease } from './test-by-command.ts';
import type { TrustSession } from './trust-session.ts';

export interface DryRun {
  readonly origin: ReleaseOrigin;
  readonly release: OpenRelease;
  readonly attempt: Attempt;
  readonly options: PlannedOptions;
  readonly context: DeployContext;
  readonly trust: TrustSession;
}

export async function runDryDeployment(dryRun: DryRun): Promise<AttemptEnd> {
  const { origin, release, attempt, options, context } = dryRun;
  const { from: previousReleaseId, isLiveAlready } = await planAhead(release, options, context);
  if (origin.kind === 'artifact') {
    const paths = origin.input.artifact.files.map((file) => file.absolutePath);
    const { type, path } = origin.input.artifact;
    attempt.checksumVerified = true;
    await test(type === 'gguf' ? { kind: 'gguf', paths } : { kind: 'hf-distilled', path }, dryRun);
  } else if (options.withLoadTest && !options.skipLoadTest) {
    await testUnpacked(dryRun);
  } else {
    const verified = await release.verify({ ...context, strict: options.strict });
    attempt.warnings.push(...verified.warnings);
    attempt.trust = dryRun.trust.judge(verified.claims).facts;
    attempt.checksumVerified = true;
    const note =
      'a dry run of a bundle checks digests and structure and unpacks nothing; add --with-load-test to run it.';
    attempt.loadTest = withoutInference('skipped', release.facts.summary, note);
  }
  if (!isLiveAlready && !isKeepingAll(options.retention)) await tellRetention(dryRun);
  return { state: 'dry-run', failure: null, alreadyLive: false, previousReleaseId };
}

/** A dry run judges the model; what retention cannot foresee is a warning. */
async function tellRetention({ origin, attempt, options, context }: DryRun): Promise<void> {
  const willPack = origin.kind === 'artifact' && origin.willPack === true;
  try {
    attempt.retention = await previewRetention(options.retention, { willPack }, context);
    attempt.warnings.push(...retentionWarnings(attempt.retention));
  } catch (error) {
    const message = `What retention would remove cannot be told: ${messageOf(error)}`;
    attempt.warnings.push({ code: 'RETENTION_INCOMPLETE', message });
  }
}

async function testUnpacked(dryRun: DryRun): Promise<void> {
  const { release, attempt, options, context } = dryRun;
  const { state } = context;
  await makeDirectory(state.path);
  await removeAbandoned(state.path);
  const folder = await unfinishedName(join(state.path, attempt.id));
  await createPrivateFolder(folder);
  try {
    const staged = await release.stage(folder, { ...context, skipChecksum: options.skipChecksum });
    attempt.checksumVerified = staged.checksumVerified;
    attempt.warnings.push(...staged.warnings);
    attempt.trust = dryRun.trust.judge(staged.claims).facts;
    await test(subjectOf(release.facts.artifactType, folder, staged.modelFiles), dryRun);
  } finally {
    await removeFolder(folder);
  }
}

async function test(
  subject: LoadTestSubject,
  { release, attempt, options, context, trust }: DryRun,
): Promise<void> {
  const { signal } = context;
  attempt.warnings.push(...(await judgeStagedModel(subject, { ...options, release, trust, signal })));
  const { occupant, view } = await surveyTarget(context.layout);
  const liveId = occupant.kind === 'release' ? occupant.releaseId : null;
  const live = view.releases.find(({ id }) => id === liveId) ?? null;
  const folder = dirname(subject.kind === 'gguf' ? (subject.paths[0] ?? '') : subject.path);
  const about = aboutRelease({ ...release.facts, release: folder, target: context.layout.targetPath });
  const plain = { allow: release.allowedRules, summary: release.facts.summary, about };
  const { measuredOn } = release;
  const tested = await runGatedLoadTest({ subject, test: plain, options, live, measuredOn }, context);
  attempt.loadTest = tested.report;
  attempt.warnings.push(...tested.warnings);
}

/** One deployment from its source to its record: describe, plan, lock, plan again, walk the table, report. */
import { dirname, resolve } from 'node:path';
import { messageOf, type Warning } from '../core/index.ts';
import { assertEvidence, evidenceWarnings } from '../evidence/index.ts';
import { removeAbandoned } from '../system/index.ts';
import { describeDamage } from './compare-release.ts';
import { concludeAttempt, nameAttempt, startAttempt, type Attempt, type AttemptEnd } from './attempt.ts';
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { walkDeployment } from './deploy-steps.ts';
import { runDryDeployment } from './dry-run.ts';
import { planAhead, planFinally, type PlannedOptions } from './final-plan.ts';
import type { DamagedRelease } from './journal-facts.ts';
import { withoutInference } from './judge-load-test.ts';
import { assertSafeFiles } from './judge-templates.ts';
import { adoptedIdOf, partialPath, releasePath } from './layout.ts';
import { assertEngine } from './load-test.ts';
import type { TargetFacts } from './target-facts.ts';
import { chooseService, omissionWarnings } from './omissions.ts';
import { retain } from './prune.ts';
import { hasRecord } from './records.ts';
import { isThere, makeControlFolder } from './release-folder.ts';
import { openRelease, type OpenRelease, type ReleaseOrigin } from './release-source.ts';
import { isKeepingAll } from './retention.ts';
import { retentionWarnings } from './retention-report.ts';
import { settledWarning, withSettledTarget } from './settle.ts';
import { prepareDefaultTarget, surveyAhead, surveyTarget } from './survey-target.ts';
import { forgetTarget, rememberTarget } from './targets.ts';
import { withTester } from './tester-engine.ts';
import { openTrust, type TrustSession } from './trust-session.ts';
import type { DeploymentOutcome } from './types.ts';
import { assertUsableTarget } from './usable-target.ts';

/**
 * Throws any room's failure with the state that the target is in; a record of the attempt is in the history either
 * way.
 */
export async function deployRelease(
  origin: ReleaseOrigin,
  options: DeployOptions,
  given: DeployContext,
): Promise<DeploymentOutcome> {
  const attempt = startDeployment(origin, options, given);
  let context = given;
  let release: OpenRelease | null = null;
  let end: AttemptEnd;
  try {
    context = await withTester(given, options.tester);
    release = await openRelease(origin, context);
    await describeAttempt(attempt, release, context);
    assertSafeFiles(release.unsafeFiles, options);
    // A dry run that loads nothing refuses too: the deployment would.
    const { artifactType } = release.facts;
    const { skipLoadTest: skip, tester } = options;
    await assertEngine(context.engine, { artifactType, skip, tester });
    const { trust, vouchedSubject } = await judgeAhead(release, attempt, options, context);
    const planned = { ...options, vouchedSubject };
    end = options.dryRun
      ? await runDryDeployment({ origin, release, attempt, options: planned, context, trust })
      : await deployOpened(release, attempt, planned, context);
  } catch (failure) {
    end = { state: 'refused', failure, alreadyLive: false, previousReleaseId: null };
  } finally {
    await release?.close();
  }
  return concludeAttempt(attempt, end, context);
}

/** What a policy refuses is refused before a byte is written; it is judged again under the lock, and by the bytes themselves. */
async function judgeAhead(
  release: OpenRelease,
  attempt: Attempt,
  options: DeployOptions,
  context: DeployContext,
): Promise<{ readonly trust: TrustSession; readonly vouchedSubject: string | null }> {
  const facts = await surveyAhead(context.layout);
  // The policy of a target that strangers may write to is not even read.
  assertUsableTarget(facts, options);
  const trust = await openTrust(options, facts.view, context);
  const { warnings, vouchedSubject } = trust.judge(release.claims);
  attempt.warnings.push(...warnings);
  return { trust, vouchedSubject };
}

/** Records an attempt that failed before there was anything to deploy, and throws the failure. */
export async function refuseDeployment(
  failure: unknown,
  { version, dryRun }: { readonly version: string | null; readonly dryRun: boolean },
  context: DeployContext,
): Promise<never> {
  const startedAt = context.clock.now();
  const attempt = startAttempt({
    kind: dryRun ? 'dryrun' : 'deploy',
    startedAt,
    targetPath: context.layout.targetPath,
    version,
    bundlePath: null,
  });
  await concludeAttempt(
    attempt,
    { state: 'refused', failure, alreadyLive: false, previousReleaseId: null },
    context,
  );
  throw failure;
}

function startDeployment(
  origin: ReleaseOrigin,
  { dryRun }: Pick<DeployOptions, 'dryRun'>,
  { clock, layout }: DeployContext,
): Attempt {
  const startedAt = clock.now();
  const version = versionOf(origin);
  return startAttempt({
    kind: dryRun ? 'dryrun' : 'deploy',
    version,
    startedAt,
    targetPath: layout.targetPath,
    bundlePath: origin.kind === 'bundle' ? resolve(origin.path) : null,
    isBundlePacked: origin.kind === 'bundle' && origin.isPacked === true,
  });
}

/** As far as it is known before the origin is opened. */
function versionOf(origin: ReleaseOrigin): string | null {
  switch (origin.kind) {
    case 'bundle':
      return null;
    case 'artifact':
      return origin.input.version;
    case 'release':
      return origin.known.version;
  }
}

async function describeAttempt(
  attempt: Attempt,
  release: OpenRelease,
  { state }: DeployContext,
): Promise<void> {
  await nameAttempt(attempt, release.facts.version, (id) => hasRecord(state.historyDir, id));
  attempt.facts = { ...release.facts, bundleId: release.facts.bundleId || attempt.id };
  attempt.warnings.push(...release.warnings);
  const { evidence } = release.facts;
  if (evidence === null) return;
  assertEvidence(evidence);
  attempt.warnings.push(...evidenceWarnings(evidence));
}

async function deployOpened(
  release: OpenRelease,
  attempt: Attempt,
  options: PlannedOptions,
  context: DeployContext,
): Promise<AttemptEnd> {
  const { layout, state } = context;
  const { allowNetworkFs, adopt } = options;
  // What a killed dry run left takes room that the plan counts; what other killed runs left is just in the way.
  for (const folder of [state.path, state.historyDir, state.bundlesDir, dirname(state.registryFile)]) {
    await removeAbandoned(folder);
  }
  // Refused here, nothing at all was written; the plan that counts is made again under the lock.
  await planAhead(release, options, context);
  await prepareDefaultTarget(layout);
  await makeControlFolder(layout);
  // Somebody may have placed a folder of theirs between the first look and ours: nothing in it is read or locked.
  assertUsableTarget(await surveyTarget(layout), options);
  const how = { command: `deploy ${release.facts.version}`, allowNetworkFs, adopt };
  return withSettledTarget(context, how, async (settled) => {
    if (settled !== null) attempt.warnings.push(settledWarning(settled));
    const final = await planFinally(release, options, context);
    if (final.kind === 'already-live') return endAlreadyLive(attempt, final.releaseId, context);
    if (final.damaged !== null) attempt.warnings.push(damagedWarning(final.damaged));
    const { view } = final.facts;
    const trust = await openTrust(options, view, context);
    // Another run may have taken a later release meanwhile.
    trust.judge(release.claims);
    const service = chooseService(options, view);
    await nameAttempt(attempt, release.facts.version, (id) => isTaken(id, final.facts, context));
    await rememberTarget(state, layout.targetPath);
    const end = await walkDeployment({
      release,
      attempt,
      options: { ...options, service },
      context,
      final,
      trust,
    });
    if (end.state === 'live') attempt.warnings.push(...omissionWarnings(options, final.facts, service));
    if (end.state === 'live') await retainAfter(attempt, options, context);
    const neverLive = view.releases.every(({ liveSince }) => liveSince === null);
    if (end.state === 'refused' && neverLive) await forgetTarget(state, layout.targetPath);
    return end;
  });
}

/** What is live is live: whatever goes wrong here is a warning. */
async function retainAfter(
  attempt: Attempt,
  { retention }: DeployOptions,
  context: DeployContext,
): Promise<void> {
  if (isKeepingAll(retention)) return;
  try {
    attempt.retention = await retain(retention, context);
    attempt.warnings.push(...retentionWarnings(attempt.retention));
  } catch (error) {
    const message = `Earlier releases and bundles were not all removed: ${messageOf(error)}`;
    attempt.warnings.push({ code: 'RETENTION_INCOMPLETE', message });
  }
}

function endAlreadyLive(attempt: Attempt, releaseId: string, { layout }: DeployContext): AttemptEnd {
  attempt.releasePath = releasePath(layout, releaseId);
  attempt.checksumVerified = true;
  const note = `the same bytes are live already as ${releaseId}; every digest was checked again.`;
  attempt.loadTest = withoutInference('skipped', attempt.facts?.summary ?? null, note);
  return { state: 'live', failure: null, alreadyLive: true, previousReleaseId: releaseId };
}

function damagedWarning({ releaseId, damage }: DamagedRelease): Warning {
  return {
    code: 'DEPLOY_LIVE_DAMAGED',
    message: `${releaseId} was live with these bytes, but is damaged on disk: ${describeDamage(damage)}.`,
  };
}

/** A name of the journal, of a folder or of a record: reusing one would hide or remove what it stands for. */
async function isTaken(
  id: string,
  { view }: TargetFacts,
  { layout, state }: DeployContext,
): Promise<boolean> {
  const known = [...view.releases, ...view.removed];
  if (known.some((release) => release.id === id) || (await hasRecord(state.historyDir, id))) return true;
  const paths = [id, adoptedIdOf(id)].flatMap((name) => [
    releasePath(layout, name),
    partialPath(layout, name),
  ]);
  for (const path of paths) if (await isThere(path)) return true;
  return false;
}

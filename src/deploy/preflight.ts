/** Asks a target whether it would take an artifact, before anybody spends a minute on packing it. Changes nothing. */
import { artifactDigest, bundleRoomBytes, findSharedBytes, type BundleInput } from '../bundle/index.ts';
import { findFolder, readFileSystem } from '../system/index.ts';
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { mayHaveDonor } from './donor.ts';
import { assertEngine } from './load-test.ts';
import { withoutBytes, withOptions, withoutWeights, type ReleaseNeeds } from './plan.ts';
import { hashArtifact, needsOfArtifact } from './release-source.ts';
import { planSparingly } from './sparing-plan.ts';
import { surveyAhead } from './survey-target.ts';
import { withTester } from './tester-engine.ts';
import { artifactClaims } from './release-claims.ts';
import type { TargetFacts } from './target-facts.ts';
import { openTrust } from './trust-session.ts';
import { assertUsableTarget } from './usable-target.ts';

export interface PreflightOptions extends DeployOptions {
  /** The folder that a bundle is packed into first; null where the release is made from the artifact itself. */
  readonly packInto: string | null;
}

type PreflightContext = Pick<
  DeployContext,
  'layout' | 'state' | 'engine' | 'openServer' | 'clock' | 'signal' | 'systemPolicyFile'
>;

/** Throws what the plan of the deployment itself would throw, as far as it can be known without digests. */
export async function assertDeployable(
  input: BundleInput,
  options: PreflightOptions,
  context: PreflightContext,
): Promise<void> {
  const { artifact, version } = input;
  const { layout } = context;
  const { skipLoadTest: skip, tester } = options;
  const { engine } = await withTester(context, tester);
  await assertEngine(engine, { artifactType: artifact.type, skip, tester });
  const facts = await surveyAhead(layout);
  assertUsableTarget(facts, options);
  const trust = await openTrust(options, facts.view, context);
  // Whether the run measured these bytes is only known once they were hashed.
  trust.judge(artifactClaims(artifact, input.candidate === null || input.run === null ? 'none' : null));
  const packedBytes = await packedBeside(facts, input, options.packInto);
  const bare = needsOfArtifact(artifact, { version, artifactSha256: '' });
  const needs = withOptions({ ...bare, packedBytes }, options);
  await planSparingly(facts, needs, options, () => spare(facts, needs, { input, options, context }));
}

/** What the bundle takes of the very room that the release needs. */
async function packedBeside(
  { fileSystem }: TargetFacts,
  input: BundleInput,
  packInto: string | null,
): Promise<number> {
  if (packInto === null) return 0;
  const { id } = await readFileSystem(await findFolder(packInto));
  return id === fileSystem.id ? bundleRoomBytes(input) : 0;
}

async function spare(
  facts: TargetFacts,
  needs: ReleaseNeeds,
  {
    input: { artifact },
    options: { packInto },
    context: { layout, signal },
  }: {
    readonly input: BundleInput;
    readonly options: PreflightOptions;
    readonly context: PreflightContext;
  },
): Promise<ReleaseNeeds> {
  const directory = layout.releasesDir;
  // A bundle shares no blocks with what it is made of, nor a release with a bundle.
  const sharedBytes = packInto === null ? await findSharedBytes(artifact, { directory, signal }) : 0;
  const written = withoutBytes(needs, sharedBytes);
  if (written.totalSizeBytes === 0 || facts.view.releases.length === 0) return written;
  // Only now is it worth hashing: weights that the target has already take no room.
  const artifactSha256 = artifactDigest(await hashArtifact(artifact, signal));
  return mayHaveDonor(facts, artifactSha256) ? { ...withoutWeights(needs), artifactSha256 } : written;
}

/** Asks a target whether it would take an artifact, before anybody spends a minute on packing it. Changes nothing. */
import { artifactDigest, type Artifact } from '../bundle/index.ts';
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { mayHaveDonor } from './donor.ts';
import { DeployFailure } from './error.ts';
import { assertEngine } from './load-test.ts';
import { planDeployment, withoutWeights, withOptions } from './plan.ts';
import { hashArtifact, needsOfArtifact } from './release-source.ts';
import { surveyTarget } from './survey-target.ts';

/** Throws what the plan of the deployment itself would throw, as far as it can be known without digests. */
export async function assertDeployable(
  { artifact, version }: { readonly artifact: Artifact; readonly version: string },
  options: DeployOptions,
  { layout, engine, signal }: Pick<DeployContext, 'layout' | 'engine' | 'signal'>,
): Promise<void> {
  await assertEngine(engine, { artifactType: artifact.type, skip: options.skipLoadTest });
  const facts = await surveyTarget(layout);
  if (layout.isDefault && facts.parent === 'missing') return;
  const needs = withOptions(needsOfArtifact(artifact, { version, artifactSha256: '' }), options);
  try {
    planDeployment(facts, needs, options);
  } catch (error) {
    const isShort = error instanceof DeployFailure && error.code === 'TARGET_DISK_SHORT';
    if (!isShort || facts.view.releases.length === 0) throw error;
    // Only now is it worth hashing: weights that the target has already take no room.
    const artifactSha256 = artifactDigest(await hashArtifact(artifact, signal));
    if (!mayHaveDonor(facts, artifactSha256)) throw error;
    planDeployment(facts, { ...withoutWeights(needs), artifactSha256 }, options);
  }
}

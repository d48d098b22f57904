/** Asks a target whether it would take an artifact, before anybody spends a minute on packing it. Changes nothing. */
import type { Artifact } from '../bundle/index.ts';
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { assertEngine } from './load-test.ts';
import { planDeployment } from './plan.ts';
import { surveyTarget } from './survey-target.ts';

/** Throws what the plan of the deployment itself would throw, as far as it can be known without digests. */
export async function assertDeployable(
  { artifact, version }: { readonly artifact: Artifact; readonly version: string },
  options: DeployOptions,
  { layout, engine }: Pick<DeployContext, 'layout' | 'engine'>,
): Promise<void> {
  await assertEngine(engine, { artifactType: artifact.type, skip: options.skipLoadTest });
  const facts = await surveyTarget(layout);
  if (layout.isDefault && facts.parent === 'missing') return;
  const needs = {
    version,
    artifactSha256: '',
    totalSizeBytes: artifact.totalSizeBytes,
    largestFileBytes: Math.max(0, ...artifact.files.map((file) => file.sizeBytes)),
    memoryBytes: artifact.type === 'gguf' && !options.skipLoadTest ? artifact.memory.totalBytes : null,
  };
  planDeployment(facts, needs, options);
}

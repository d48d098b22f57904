/** Signs a bundle that exists, and has it state its release where it did not. */
import { inspectBundle, signBundle, type SignedBundle } from '../bundle/index.ts';
import type { OnProgress, Warning } from '../core/index.ts';
import { withFileSource, type Clock } from '../system/index.ts';
import type { SigningKey } from '../trust/index.ts';
import { stateRelease, type AskedRelease } from './state-release.ts';

export interface SignExistingOptions {
  readonly key: SigningKey;
  readonly release: AskedRelease;
  /** Puts the signature in the place of one that is there. */
  readonly replace: boolean;
  readonly clock: Clock;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface SignedExisting {
  readonly bundle: SignedBundle;
  readonly warnings: readonly Warning[];
}

/** Throws what `signBundle` throws, and `PIPELINE_RELEASE_LINE_UNKNOWN`; the bundle is as it was then. */
export async function signExistingBundle(
  path: string,
  options: SignExistingOptions,
): Promise<SignedExisting> {
  const { key, replace, clock, onProgress, signal } = options;
  const { edge, registryEntry } = await withFileSource(path, (source) => inspectBundle(source, { signal }));
  const baseModel = registryEntry['base_model'];
  const { release, warnings } = stateRelease({
    asked: options.release,
    baseModel: typeof baseModel === 'string' && baseModel !== '' ? baseModel : null,
    stated: edge?.release ?? null,
    isSigned: true,
    nowSeconds: Math.floor(clock.now().getTime() / 1000),
  });
  const bundle = await signBundle(path, { key, replace, onProgress, signal, release: release ?? undefined });
  return { bundle, warnings };
}

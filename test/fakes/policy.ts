/** Policies as their owners would write them, and bundles that are signed for them. */
import {
  createBundle,
  type BundleInput,
  type CreatedBundle,
  type EdgeRelease,
} from '../../src/bundle/index.ts';
import { formatJson, type JsonObject } from '../../src/core/index.ts';
import { formatPublicKey, type SigningKey, type TrustedKey } from '../../src/trust/index.ts';
import type { DeployBench } from './deploy-bench.ts';

/** A key as an entry of a policy. */
export function policyKey(key: Pick<TrustedKey, 'id' | 'publicKey'>, rest: JsonObject = {}): JsonObject {
  return { id: key.id, public_key: formatPublicKey(key), ...rest };
}

/** Requires signatures by these keys, and allows nothing to be forced, unless the rest says otherwise. */
export function policyText(keys: readonly JsonObject[], rest: JsonObject = {}): string {
  return formatJson({ policy_version: 1, signatures: 'require', keys: [...keys], ...rest });
}

export interface SignedOptions {
  readonly release?: Partial<EdgeRelease> | null;
  readonly key?: SigningKey;
  /** Of the model: other weights. */
  readonly seed?: number;
  readonly input?: Partial<BundleInput>;
}

/** A bundle of the line "tiny"; all of them have one file, of one name. */
export async function signedBundle(
  bench: DeployBench,
  version: string,
  { release = {}, key, seed, input = {} }: SignedOptions,
): Promise<CreatedBundle> {
  const path = await bench.model('model.gguf', seed === undefined ? {} : { seed });
  const stated = release === null ? null : { line: 'tiny', counter: 1, expires: null, ...release };
  return createBundle({
    ...(await bench.input(path, version)),
    outDir: bench.state.bundlesDir,
    release: stated,
    ...(key !== undefined && { sign: key }),
    ...input,
  });
}

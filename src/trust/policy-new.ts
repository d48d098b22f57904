/** The text of a new policy, as a person would write it: what may go live is as narrow as what is known. */
import { formatJson, type ArtifactType } from '../core/index.ts';
import { formatPublicKey } from './key-parse.ts';
import type { SignatureMode } from './policy.ts';
import type { TrustedKey } from './types.ts';

export interface NewPolicy {
  readonly signatures: SignatureMode;
  readonly keys: readonly { readonly key: TrustedKey; readonly name: string | null }[];
  /** The lines that every key may sign; empty for any. */
  readonly lines: readonly string[];
  readonly artifactTypes: readonly ArtifactType[];
}

/** Everything that may be left out and is often wanted stands there with what holds without it. */
export function formatPolicy({ signatures, keys, lines, artifactTypes }: NewPolicy): string {
  return formatJson({
    policy_version: 1,
    signatures,
    keys: keys.map(({ key, name }) => ({
      id: key.id,
      ...(name !== null && { name }),
      public_key: formatPublicKey(key),
      ...(lines.length > 0 && { lines: [...lines] }),
      min_counter: 0,
    })),
    ...(artifactTypes.length > 0 && { artifact_types: [...artifactTypes] }),
    evidence: 'any',
    clock: 'untrusted',
    allow: { skip_load_test: false, downgrade: false, unsafe_files: false, python_bundles: false },
  });
}

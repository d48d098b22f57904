/** What the owner of a device takes: whose signatures, which models, and what may be forced. */
import type { ArtifactType } from '../core/index.ts';
import type { TrustedKey } from './types.ts';

/** `off`: nothing is checked · `warn`: what `require` would refuse is a warning · `require`: it is refused. */
export const SIGNATURE_MODES = ['off', 'warn', 'require'] as const;
export type SignatureMode = (typeof SIGNATURE_MODES)[number];

export interface PolicyKey {
  readonly key: TrustedKey;
  /** For people. */
  readonly name: string | null;
  /** The lines whose releases it may sign; null for any. */
  readonly lines: readonly string[] | null;
  /** The counters that it may sign, both included; null for no bound. */
  readonly minCounter: number | null;
  readonly maxCounter: number | null;
  /** Why it is not believed any more; null while it is. */
  readonly revoked: string | null;
}

export interface Policy {
  readonly signatures: SignatureMode;
  readonly keys: readonly PolicyKey[];
  /** Null for any. */
  readonly artifactTypes: readonly ArtifactType[] | null;
  /** As `edge.json` and the model itself name it; null for any. */
  readonly architectures: readonly string[] | null;
  /** Of the files of the model together; null for any. */
  readonly maxSizeBytes: number | null;
  readonly evidence: 'any' | 'measured';
  /** Whether the time of this machine is right, so that a release can expire. */
  readonly trustsClock: boolean;
  readonly allow: PolicyAllowances;
}

/** What a person may force. */
export interface PolicyAllowances {
  readonly skipLoadTest: boolean;
  readonly downgrade: boolean;
  readonly unsafeFiles: boolean;
  /** Never where signatures are required: such a bundle cannot bear one. */
  readonly pythonBundles: boolean;
}

/** In the order in which they are looked for; the first that exists binds. */
export const POLICY_PLACES = ['system', 'target', 'state'] as const;
export type PolicyPlace = (typeof POLICY_PLACES)[number];

export interface FoundPolicy {
  readonly policy: Policy;
  readonly path: string;
  /** Null where it was named by its path. */
  readonly place: PolicyPlace | null;
  /** Hex SHA-256 of its bytes. */
  readonly sha256: string;
}

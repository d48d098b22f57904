/** What a policy asks of any release, signed or not, and of whoever forces something. Pure. */
import { escapeText, formatBytes, type ArtifactType } from '../core/index.ts';
import { TrustFailure, type TrustCode } from './error.ts';
import type { Policy, PolicyAllowances } from './policy.ts';

/** What a release holds, as it says itself or as it was found. */
export interface JudgedContent {
  /** 1: a bundle of the Python tool · 2: ours · null: an artifact of this machine, without a bundle. */
  readonly format: 1 | 2 | null;
  readonly artifactType: ArtifactType;
  readonly architecture: string | null;
  readonly sizeBytes: number;
  /** How its benchmark run is bound to its bytes; null where that is not known yet. */
  readonly evidence: string | null;
}

/** What somebody forces, as far as it has an effect. */
export interface Forced {
  readonly skipChecksum: boolean;
  readonly skipLoadTest: boolean;
  readonly unsafeFiles: boolean;
  /** The reason for a lower counter, or null. */
  readonly downgrade: string | null;
}

/** What a policy asks of any model, signed or not. Throws `TRUST_ARCHITECTURE`. */
export function assertArchitecture({ architectures }: Policy, architecture: string | null): void {
  if (architectures === null || (architecture !== null && architectures.includes(architecture))) return;
  const received = architecture === null ? 'none that is stated' : escapeText(architecture, 80);
  throw refusal('TRUST_ARCHITECTURE', `The policy does not take models of the architecture ${received}.`, {
    expected: architectures.join(', '),
    received,
  });
}

const FLAGS = {
  skipLoadTest: ['skip_load_test', '--skip-load-test'],
  unsafeFiles: ['unsafe_files', '--allow-unsafe-files'],
  downgrade: ['downgrade', '--allow-downgrade'],
} as const satisfies Partial<Record<keyof PolicyAllowances, readonly [string, string]>>;

/** Throws `TRUST_SKIP_CHECKSUM`, `TRUST_NOT_ALLOWED`. */
export function assertForced({ signatures, allow }: Policy, forced: Forced): void {
  if (forced.skipChecksum && signatures === 'require') {
    throw refusal(
      'TRUST_SKIP_CHECKSUM',
      'The policy requires signatures, and --skip-checksum would let other bytes pass.',
      {
        expected: 'no --skip-checksum',
        received: '--skip-checksum',
      },
    );
  }
  for (const name of ['skipLoadTest', 'unsafeFiles'] as const) {
    if (forced[name] && !allow[name]) throw notAllowed(name);
  }
}

/** Throws `TRUST_PYTHON_BUNDLE`, `TRUST_ARTIFACT_TYPE`, `TRUST_ARCHITECTURE`, `TRUST_SIZE`, `TRUST_EVIDENCE`. */
export function assertContent(
  policy: Policy,
  { format, artifactType, architecture, sizeBytes, evidence }: JudgedContent,
): void {
  if (format === 1 && !policy.allow.pythonBundles) {
    throw refusal('TRUST_PYTHON_BUNDLE', 'The policy does not take bundles of the Python tool.', {
      expected: 'a bundle of format 2',
      received: 'a bundle of format 1',
    });
  }
  const { artifactTypes, maxSizeBytes } = policy;
  if (artifactTypes !== null && !artifactTypes.includes(artifactType)) {
    throw refusal('TRUST_ARTIFACT_TYPE', `The policy does not take artifacts of the type ${artifactType}.`, {
      expected: artifactTypes.join(', '),
      received: artifactType,
    });
  }
  // A bundle of the Python tool does not say; the model in it does, once it is staged.
  if (format !== 1) assertArchitecture(policy, architecture);
  if (maxSizeBytes !== null && sizeBytes > maxSizeBytes) {
    const [most, size] = [maxSizeBytes, sizeBytes].map(formatBytes);
    throw refusal('TRUST_SIZE', `The model has ${size}; the policy takes at most ${most}.`, {
      expected: `at most ${maxSizeBytes} bytes`,
      received: `${sizeBytes} bytes`,
    });
  }
  if (policy.evidence === 'measured' && evidence !== null && evidence !== 'measured') {
    throw refusal('TRUST_EVIDENCE', 'No benchmark run measured these very bytes, and the policy wants one.', {
      expected: 'evidence: measured',
      received: `evidence: ${evidence}`,
    });
  }
}

export function notAllowed(name: keyof typeof FLAGS): TrustFailure {
  const [field, flag] = FLAGS[name];
  return refusal('TRUST_NOT_ALLOWED', `The policy does not allow ${flag}.`, {
    expected: `allow.${field}: true in the policy, or no ${flag}`,
    received: flag,
  });
}

/** With both sides. */
export function refusal(
  code: TrustCode,
  message: string,
  sides: { readonly expected: string; readonly received: string },
  hint?: string,
): TrustFailure {
  return new TrustFailure(code, message, { details: { ...sides }, ...(hint !== undefined && { hint }) });
}

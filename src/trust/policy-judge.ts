/** Whether a policy takes a release: from what is known of both to warnings, or to the one reason why not. Pure. */
import { escapeText, formatBytes, type ArtifactType, type Warning } from '../core/index.ts';
import type { AcceptedCounters } from './counter-memory.ts';
import { TrustFailure, type TrustCode } from './error.ts';
import type { Policy, PolicyAllowances } from './policy.ts';
import type { SignatureFinding } from './policy-signature.ts';

/** Which release a bundle says that it is. */
export interface StatedRelease {
  readonly line: string;
  readonly counter: number;
  /** A timestamp; null where it never expires. */
  readonly expires: string | null;
}

/** What a policy looks at. */
export interface JudgedRelease {
  /** 1: a bundle of the Python tool · 2: ours · null: an artifact of this machine, without a bundle. */
  readonly format: 1 | 2 | null;
  readonly signature: SignatureFinding;
  readonly stated: StatedRelease | null;
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

export interface JudgeOptions {
  readonly accepted: AcceptedCounters;
  readonly forced: Forced;
  readonly now: Date;
  /** It was live on this target before: who vouches for it, and which counter it has, was judged then. */
  readonly isReturning?: boolean;
}

/** Who vouches for a release, and as which one; what the target remembers of it. */
export interface VouchedRelease {
  readonly keyId: string;
  readonly subjectSha256: string;
  /** Both null where the bundle does not say. */
  readonly line: string | null;
  readonly counter: number | null;
  /** The highest counter of the line, where this one is lower; else null. */
  readonly downgradedFrom: number | null;
}

export interface TrustVerdict {
  /** Null where nobody does, and the policy does not ask for it. */
  readonly vouched: VouchedRelease | null;
  readonly warnings: readonly Warning[];
}

/** Throws `TRUST_*`. */
export function judgeRelease(policy: Policy, release: JudgedRelease, options: JudgeOptions): TrustVerdict {
  assertForced(policy, options.forced);
  if (options.isReturning === true) return NOTHING_NEW;
  assertContent(policy, release);
  if (policy.signatures === 'off') return NOTHING_NEW;
  try {
    return judgeSigned(policy, release, options);
  } catch (failure) {
    if (policy.signatures === 'require' || !(failure instanceof TrustFailure)) throw failure;
    const message = `A policy that requires signatures would refuse this release (${failure.code}): ${failure.message}`;
    return { vouched: null, warnings: [{ code: 'TRUST_WOULD_REFUSE', message }] };
  }
}

const NOTHING_NEW: TrustVerdict = { vouched: null, warnings: [] };

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

function assertForced({ signatures, allow }: Policy, forced: Forced): void {
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

function assertContent(
  policy: Policy,
  { format, artifactType, architecture, sizeBytes, evidence }: JudgedRelease,
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
  assertArchitecture(policy, architecture);
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

function judgeSigned(
  policy: Policy,
  { signature: finding, stated }: JudgedRelease,
  { accepted, forced, now }: JudgeOptions,
): TrustVerdict {
  const { signature, key } = assertVerified(finding);
  if (key.revoked !== null) throw revokedKey(signature.keyId, key.revoked);
  if (stated === null) {
    throw refusal('TRUST_RELEASE_UNSTATED', 'The bundle does not say which release it is.', {
      expected: 'a line and a counter in edge.json',
      received: 'none',
    });
  }
  const { line, counter } = stated;
  assertKeyMaySign(key, stated);
  const known = accepted.get(line);
  const subject = known?.subjects.get(counter);
  if (subject !== undefined && subject !== signature.subjectSha256) {
    throw refusal('TRUST_COUNTER_REUSED', `Another release ${counter} of ${quote(line)} was live here.`, {
      expected: `the content sha256:${subject}`,
      received: `sha256:${signature.subjectSha256}`,
    });
  }
  const downgradedFrom = known !== undefined && counter < known.highest ? known.highest : null;
  if (downgradedFrom !== null) {
    if (forced.downgrade === null) throw downgrade(stated, downgradedFrom);
    if (!policy.allow.downgrade) throw notAllowed('downgrade');
  }
  const { keyId, subjectSha256 } = signature;
  return {
    vouched: { keyId, subjectSha256, line, counter, downgradedFrom },
    warnings: judgeExpiry(policy, stated, now),
  };
}

function assertVerified(finding: SignatureFinding): Extract<SignatureFinding, { kind: 'verified' }> {
  switch (finding.kind) {
    case 'verified':
      return finding;
    case 'failed':
      throw finding.failure;
    case 'none':
    case 'not-checked':
      throw refusal('TRUST_SIGNATURE_MISSING', 'The release bears no signature, and the policy wants one.', {
        expected: 'a signature by a key of the policy',
        received: 'none',
      });
  }
}

function assertKeyMaySign(
  { key, lines, minCounter, maxCounter }: Policy['keys'][number],
  { line, counter }: StatedRelease,
): void {
  if (lines !== null && !lines.includes(line)) {
    throw refusal('TRUST_KEY_LINE', `The key ${short(key.id)} may not sign releases of ${quote(line)}.`, {
      expected: lines.map(quote).join(', '),
      received: quote(line),
    });
  }
  const isWithin = counter >= (minCounter ?? 0) && counter <= (maxCounter ?? Infinity);
  if (isWithin) return;
  throw refusal(
    'TRUST_KEY_COUNTER',
    `The key ${short(key.id)} may not sign release ${counter} of ${quote(line)}.`,
    {
      expected: `a counter from ${minCounter ?? 0} to ${maxCounter ?? 'any'}`,
      received: String(counter),
    },
  );
}

/** Without a clock to rely on, what has expired may as well be early: it is told, and not judged. */
function judgeExpiry(
  { trustsClock }: Policy,
  { expires, line, counter }: StatedRelease,
  now: Date,
): readonly Warning[] {
  // What is no time is no permission either.
  if (expires === null || now.getTime() < Date.parse(expires)) return [];
  const what = `Release ${counter} of ${quote(line)} expired at ${escapeText(expires, 40)}`;
  if (!trustsClock) {
    const message = `${what} by the clock of this machine, which the policy does not trust.`;
    return [{ code: 'TRUST_EXPIRY_NOT_JUDGED', message }];
  }
  throw refusal('TRUST_EXPIRED', `${what}.`, {
    expected: `a release that is valid at ${now.toISOString()}`,
    received: `one that is valid until ${escapeText(expires, 40)}`,
  });
}

/** A key that was revoked vouches for nothing, not even for what is there already. */
export function revokedKey(keyId: string, reason: string): TrustFailure {
  return refusal('TRUST_KEY_REVOKED', `The key ${short(keyId)} is revoked: ${escapeText(reason, 200)}.`, {
    expected: 'a key that the policy believes',
    received: `${keyId} (revoked)`,
  });
}

function downgrade({ line, counter }: StatedRelease, highest: number): TrustFailure {
  return refusal(
    'TRUST_DOWNGRADE',
    `Release ${counter} of ${quote(line)} is older than release ${highest}, which was live here.`,
    {
      expected: `a counter of at least ${highest}`,
      received: String(counter),
    },
  );
}

function notAllowed(name: keyof typeof FLAGS): TrustFailure {
  const [field, flag] = FLAGS[name];
  return refusal('TRUST_NOT_ALLOWED', `The policy does not allow ${flag}.`, {
    expected: `allow.${field}: true in the policy, or no ${flag}`,
    received: flag,
  });
}

function refusal(
  code: TrustCode,
  message: string,
  sides: { readonly expected: string; readonly received: string },
): TrustFailure {
  return new TrustFailure(code, message, { details: { ...sides } });
}

function quote(line: string): string {
  return `"${escapeText(line, 120)}"`;
}

/** Enough of an id to tell keys apart. */
function short(id: string): string {
  return id.slice(0, 12);
}

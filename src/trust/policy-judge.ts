/** Whether a policy takes a release: from what is known of both to warnings, or to the one reason why not. Pure. */
import { escapeText, type Warning } from '../core/index.ts';
import { believedReleases, highestCounter, type AcceptedCounters } from './counter-memory.ts';
import { TrustFailure } from './error.ts';
import type { Policy } from './policy.ts';
import {
  assertContent,
  assertForced,
  notAllowed,
  refusal,
  type Forced,
  type JudgedContent,
} from './policy-rules.ts';
import type { SignatureFinding } from './policy-signature.ts';

/** Which release a bundle says that it is. */
export interface StatedRelease {
  readonly line: string;
  readonly counter: number;
  /** A timestamp; null where it never expires. */
  readonly expires: string | null;
}

/** What a policy looks at. */
export interface JudgedRelease extends JudgedContent {
  readonly signature: SignatureFinding;
  readonly stated: StatedRelease | null;
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

function judgeSigned(
  policy: Policy,
  { stated, ...release }: JudgedRelease,
  { accepted, forced, now }: JudgeOptions,
): TrustVerdict {
  const { signature, key } = assertVerified(release);
  if (key.revoked !== null) throw revokedKey(signature.keyId, key.revoked);
  if (stated === null) {
    throw refusal('TRUST_RELEASE_UNSTATED', 'The bundle does not say which release it is.', {
      expected: 'a line and a counter in edge.json',
      received: 'none',
    });
  }
  const { line, counter } = stated;
  assertKeyMaySign(key, stated);
  const revoked = new Set(policy.keys.filter((one) => one.revoked !== null).map((one) => one.key.id));
  const known = believedReleases(accepted, line, { revoked });
  const subject = known.get(counter)?.subjectSha256;
  if (subject !== undefined && subject !== signature.subjectSha256) {
    throw refusal('TRUST_COUNTER_REUSED', `Another release ${counter} of ${quote(line)} was live here.`, {
      expected: `the content sha256:${subject}`,
      received: `sha256:${signature.subjectSha256}`,
    });
  }
  const highest = highestCounter(known);
  const downgradedFrom = highest !== null && counter < highest ? highest : null;
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

function assertVerified({
  signature: finding,
  format,
}: Pick<JudgedRelease, 'signature' | 'format'>): Extract<SignatureFinding, { kind: 'verified' }> {
  switch (finding.kind) {
    case 'verified':
      return finding;
    case 'failed':
      throw finding.failure;
    case 'none':
    case 'not-checked':
      throw refusal(
        'TRUST_SIGNATURE_MISSING',
        'The release bears no signature, and the policy wants one.',
        { expected: 'a signature by a key of the policy', received: 'none' },
        format === null ? SIGN_FIRST : undefined,
      );
  }
}

/** What a machine packs for itself has no bundle yet that could be signed. */
const SIGN_FIRST =
  'Pack it signed where the key is (milton bundle create VERSION --sign KEY), then: milton deploy --bundle FILE';

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

function quote(line: string): string {
  return `"${escapeText(line, 120)}"`;
}

/** Enough of an id to tell keys apart. */
function short(id: string): string {
  return id.slice(0, 12);
}

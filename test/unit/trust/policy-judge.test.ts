import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_COUNTERS, rememberCounter } from '../../../src/trust/counter-memory.ts';
import { TrustFailure } from '../../../src/trust/error.ts';
import { trustedKey } from '../../../src/trust/key-parse.ts';
import type { Policy, PolicyKey } from '../../../src/trust/policy.ts';
import {
  judgeRelease,
  type JudgedRelease,
  type JudgeOptions,
  type TrustVerdict,
} from '../../../src/trust/policy-judge.ts';
import type { SignatureFinding } from '../../../src/trust/policy-signature.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const KEY = trustedKey(createPublicKey(privateKey), 'the key');

const BELIEVED: PolicyKey = {
  key: KEY,
  name: null,
  lines: null,
  minCounter: null,
  maxCounter: null,
  revoked: null,
};

const POLICY: Policy = {
  signatures: 'require',
  keys: [BELIEVED],
  artifactTypes: null,
  architectures: null,
  maxSizeBytes: null,
  evidence: 'any',
  trustsClock: false,
  allow: { skipLoadTest: false, downgrade: false, unsafeFiles: false, pythonBundles: false },
};

const SIGNED = finding('a'.repeat(64));

function finding(subjectSha256: string, key: PolicyKey = BELIEVED): SignatureFinding {
  const resources = new Map([['manifest.json', 'b'.repeat(64)]]);
  const signature = { keyId: KEY.id, curve: KEY.curve, subjectName: 'model', subjectSha256, resources };
  return { kind: 'verified', signature, key };
}

const RELEASE: JudgedRelease = {
  format: 2,
  signature: SIGNED,
  stated: { line: 'tiny', counter: 5, expires: null },
  artifactType: 'gguf',
  architecture: 'llama',
  sizeBytes: 1000,
  evidence: 'measured',
};

const OPTIONS: JudgeOptions = {
  accepted: NO_COUNTERS,
  forced: { skipChecksum: false, skipLoadTest: false, unsafeFiles: false, downgrade: null },
  now: new Date('2026-06-01T00:00:00Z'),
};

function judge(
  policy: Partial<Policy> = {},
  release: Partial<JudgedRelease> = {},
  options: Partial<JudgeOptions> = {},
): TrustVerdict {
  return judgeRelease({ ...POLICY, ...policy }, { ...RELEASE, ...release }, { ...OPTIONS, ...options });
}

const at = (counter: number, subject = 'c'.repeat(64), keyId: string = KEY.id) =>
  rememberCounter(NO_COUNTERS, { line: 'tiny', counter, subjectSha256: subject, keyId });

describe('judgeRelease', () => {
  it('says who vouches for which release', () => {
    expect(judge()).toEqual({
      vouched: {
        keyId: KEY.id,
        subjectSha256: 'a'.repeat(64),
        line: 'tiny',
        counter: 5,
        downgradedFrom: null,
      },
      warnings: [],
    });
  });

  it('takes the bounds themselves: sizes, counters, and the content that had the counter before', () => {
    const key = { ...BELIEVED, minCounter: 5, maxCounter: 5, lines: ['tiny'] };
    const release = { signature: finding('a'.repeat(64), key) };
    expect(
      judge({ keys: [key], maxSizeBytes: 1000 }, release, { accepted: at(5, 'a'.repeat(64)) }),
    ).toMatchObject({
      vouched: { downgradedFrom: null },
    });
  });

  it('names how far back a downgrade goes', () => {
    const allow = { ...POLICY.allow, downgrade: true };
    const forced = { ...OPTIONS.forced, downgrade: 'a reason' };
    expect(judge({ allow }, {}, { accepted: at(8), forced }).vouched?.downgradedFrom).toBe(8);
  });

  it('does not ask for a reason that is not needed, nor for the right to give one', () => {
    const forced = { ...OPTIONS.forced, downgrade: 'to be safe' };
    expect(judge({}, {}, { accepted: at(4), forced }).vouched?.downgradedFrom).toBeNull();
  });

  it('judges each line for itself', () => {
    const accepted = rememberCounter(NO_COUNTERS, {
      line: 'Tiny',
      counter: 99,
      subjectSha256: 'c'.repeat(64),
      keyId: KEY.id,
    });
    expect(judge({}, {}, { accepted }).vouched?.counter).toBe(5);
  });

  it('lets a release expire at the very moment', () => {
    const stated = { line: 'tiny', counter: 5, expires: '2026-06-01T00:00:00Z' };
    const refusal = expect.objectContaining({ code: 'TRUST_EXPIRED' });
    expect(() => judge({ trustsClock: true }, { stated })).toThrow(refusal);
    const before = new Date('2026-05-31T23:59:59.999Z');
    expect(judge({ trustsClock: true }, { stated }, { now: before }).warnings).toEqual([]);
    expect(judge({}, { stated }).warnings.map(({ code }) => code)).toEqual(['TRUST_EXPIRY_NOT_JUDGED']);
  });

  it('takes a time that is none for one that has passed', () => {
    const stated = { line: 'tiny', counter: 5, expires: 'some day' };
    expect(() => judge({ trustsClock: true }, { stated })).toThrow(
      expect.objectContaining({ code: 'TRUST_EXPIRED' }),
    );
  });

  it('asks for rules of content whatever it thinks of signatures', () => {
    for (const signatures of ['off', 'warn', 'require'] as const) {
      expect(() => judge({ signatures, maxSizeBytes: 999 })).toThrow(
        expect.objectContaining({ code: 'TRUST_SIZE' }),
      );
    }
  });

  it('does not ask what is not known yet', () => {
    expect(judge({ evidence: 'measured' }, { evidence: null }).vouched).not.toBeNull();
    const python = { format: 1, architecture: null, signature: { kind: 'none' }, stated: null } as const;
    const allow = { ...POLICY.allow, pythonBundles: true };
    expect(judge({ signatures: 'off', allow, architectures: ['llama'] }, python).vouched).toBeNull();
  });

  it('lets nobody vouch where it only warns of a refusal, whatever the refusal', () => {
    const failure = new TrustFailure('TRUST_SIGNATURE_INVALID', 'It does not hold.');
    for (const release of [
      { signature: { kind: 'none' } as const },
      { signature: { kind: 'failed', failure } as const },
      { stated: null },
    ]) {
      const { vouched, warnings } = judge({ signatures: 'warn' }, release);
      expect([vouched, warnings.map(({ code }) => code)]).toEqual([null, ['TRUST_WOULD_REFUSE']]);
    }
  });

  it('does not take its own mistakes for refusals', () => {
    const signature = new Proxy(SIGNED, {
      get: () => {
        throw new TypeError('a mistake');
      },
    });
    expect(() => judge({ signatures: 'warn' }, { signature })).toThrow(TypeError);
  });

  it('never takes a lower counter than one that still counts, nor another content under one', () => {
    const counters = fc.uniqueArray(fc.nat({ max: 20 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(counters, fc.nat({ max: 20 }), fc.boolean(), (taken, counter, isSame) => {
        let accepted = NO_COUNTERS;
        for (const one of taken) {
          const subjectSha256 = String(one).padStart(64, '0');
          accepted = rememberCounter(accepted, { line: 'tiny', counter: one, subjectSha256, keyId: KEY.id });
        }
        const subject = isSame ? String(counter).padStart(64, '0') : 'f'.repeat(64);
        const release = {
          signature: finding(subject),
          stated: { line: 'tiny', counter, expires: null },
        };
        const isTaken = taken.includes(counter);
        const isLower = counter < Math.max(...taken);
        const run = (): TrustVerdict => judge({}, release, { accepted });
        if (isTaken && !isSame)
          expect(run).toThrow(expect.objectContaining({ code: 'TRUST_COUNTER_REUSED' }));
        else if (isLower) expect(run).toThrow(expect.objectContaining({ code: 'TRUST_DOWNGRADE' }));
        else expect(run().vouched?.counter).toBe(counter);
      }),
    );
  });

  it('does not count what a key vouched for that was revoked since', () => {
    const thief = 'e'.repeat(64);
    const accepted = at(Number.MAX_SAFE_INTEGER, 'c'.repeat(64), thief);
    expect(() => judge({}, {}, { accepted })).toThrow(expect.objectContaining({ code: 'TRUST_DOWNGRADE' }));
    const revoked = { ...BELIEVED, key: { ...KEY, id: thief }, revoked: 'stolen' };
    expect(judge({ keys: [BELIEVED, revoked] }, {}, { accepted }).vouched?.counter).toBe(5);
  });
});

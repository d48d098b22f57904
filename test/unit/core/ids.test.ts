import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertVersion,
  compareCodeUnits,
  compareVersions,
  isVersion,
  toDeploymentId,
  toStamp,
  toTimestamp,
} from '../../../src/core/ids.ts';

const moment = new Date(Date.UTC(2026, 0, 11, 20, 28, 1, 7));

describe('isVersion', () => {
  it.each(['v1', '1', 'v1.20260111.1425', 'A_b-c+d.e', 'x'.repeat(100)])('takes %s', (text) => {
    expect(isVersion(text)).toBe(true);
  });

  it.each([
    ['the empty text', ''],
    ['a leading dot', '.v1'],
    ['a way up', '../v1'],
    ['a slash', 'v1/2'],
    ['a space', 'v 1'],
    ['a newline at the end', 'v1\n'],
    ['an emoji', 'v1🚀'],
    ['letters of other alphabets', 'vé'],
    ['more than 100 characters', 'x'.repeat(101)],
  ])('refuses %s', (_, text) => {
    expect(isVersion(text)).toBe(false);
  });
});

describe('assertVersion', () => {
  it('passes a version and says nothing', () => {
    expect(() => assertVersion('v1')).not.toThrow();
  });

  it('refuses as a usage error, with the rule and the text made safe to print', () => {
    expect(() => assertVersion('v1\u001b[31m')).toThrow(
      expect.objectContaining({
        code: 'CORE_VERSION_INVALID',
        exitCode: 2,
        message: '"v1\\x1b[31m" cannot be used as a version.',
        details: {
          expected: '1 to 100 letters, digits and . _ + -, starting with a letter or digit',
          received: 'v1\\x1b[31m',
          pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$',
        },
      }),
    );
  });

  it('shows the start of a text that is far too long', () => {
    const start = `${'x'.repeat(60)}…`;
    expect(() => assertVersion('x'.repeat(5000))).toThrow(
      expect.objectContaining({
        message: `"${start}" cannot be used as a version.`,
        details: expect.objectContaining({ received: `${start} (5000 characters)` }),
      }),
    );
  });
});

describe('names that carry a moment', () => {
  it('are in UTC and padded', () => {
    expect(toStamp(moment)).toBe('20260111_202801');
    expect(toTimestamp(moment)).toBe('2026-01-11T20:28:01.007+00:00');
    expect(toDeploymentId('deploy', 'v1.2', moment)).toBe('deploy_v1.2_20260111_202801_007');
    expect(toDeploymentId('dryrun', 'v1', moment)).toMatch(/^dryrun_v1_/);
  });

  it('sort by time as text', () => {
    const within = fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 0)), noInvalidDate: true });
    fc.assert(
      fc.property(within, within, (a, b) => {
        const [earlier, later] = a <= b ? [a, b] : [b, a];
        expect(compareCodeUnits(toStamp(earlier), toStamp(later))).toBeLessThanOrEqual(0);
        expect(Date.parse(toTimestamp(a))).toBe(a.getTime());
      }),
    );
  });
});

describe('compareVersions', () => {
  it.each([
    ['v1.9', 'v1.10'],
    ['v1', 'v1.0'],
    ['v1.20260111.1425', 'v1.20260112.1'],
    ['v01', 'v1'],
    ['2', '10'],
    ['v99999999999999999998', 'v99999999999999999999'],
  ])('puts %s before %s', (a, b) => {
    expect(compareVersions(a, b)).toBeLessThan(0);
    expect(compareVersions(b, a)).toBeGreaterThan(0);
  });

  // Few characters, so that equal runs, leading zeros and common beginnings come up often.
  const version = fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', 'v', '.', '-'), maxLength: 8 });

  it('is a total order: equal only to itself, antisymmetric, transitive', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compareVersions(a, b) === 0).toBe(a === b);
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
        const [first = '', second = '', third = ''] = [a, b, c].toSorted(compareVersions);
        expect(compareVersions(first, second)).toBeLessThanOrEqual(0);
        expect(compareVersions(second, third)).toBeLessThanOrEqual(0);
        expect(compareVersions(first, third)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('counts the way people do', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(Math.sign(compareVersions(`v1.${a}`, `v1.${b}`))).toBe(Math.sign(a - b));
      }),
    );
  });
});

describe('compareCodeUnits', () => {
  it('puts capitals before small letters, as sha256sum and tar listings in the C locale do', () => {
    expect(['b', 'B', 'a', '_'].toSorted(compareCodeUnits)).toEqual(['B', '_', 'a', 'b']);
  });
});

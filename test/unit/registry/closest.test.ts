import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findClosest } from '../../../src/registry/closest.ts';

describe('findClosest', () => {
  it('puts the nearest first, whatever the case, and at most three', () => {
    expect(findClosest('V1.9', ['v2.0', 'v1.90', 'v1.9', 'release'])).toEqual(['v1.9', 'v1.90', 'v2.0']);
  });

  it('always finds the name itself', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z0-9.]{1,12}$/), { minLength: 1, maxLength: 20 }),
        (names) => {
          for (const name of names) expect(findClosest(name, names)[0]).toBe(name);
        },
      ),
    );
  });
});

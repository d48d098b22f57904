import { describe, expect, it } from 'vitest';
import { stateRelease } from '../../../src/pipeline/state-release.ts';

const now = 1_768_163_281;
const stated = { line: 'old', counter: 5, expires: '2027-01-31T00:00:00Z' };
const state = (options: Partial<Parameters<typeof stateRelease>[0]>) =>
  stateRelease({ asked: {}, baseModel: 'org/base', isSigned: true, nowSeconds: now, ...options });

describe('stateRelease', () => {
  it('says nothing of a bundle that is not signed, unless it is asked to', () => {
    expect(state({ isSigned: false })).toEqual({ release: null, warnings: [] });
    expect(state({ isSigned: false, asked: { counter: 3 } }).release).toEqual({
      line: 'org/base',
      counter: 3,
      expires: null,
    });
  });

  it('takes the base model for the line and the second for the counter', () => {
    expect(state({}).release).toEqual({ line: 'org/base', counter: now, expires: null });
  });

  it('keeps what a bundle says already, but for what is asked', () => {
    expect(state({ stated }).release).toEqual(stated);
    expect(state({ stated, asked: { counter: 6 } }).release).toEqual({ ...stated, counter: 6 });
  });

  it('warns where a signed bundle belongs to no line', () => {
    const { release, warnings } = state({ baseModel: null });
    expect({ release, codes: warnings.map(({ code }) => code) }).toEqual({
      release: null,
      codes: ['RELEASE_LINE_UNKNOWN'],
    });
    expect(state({ baseModel: null, asked: { line: 'mine' } })).toMatchObject({
      release: { line: 'mine' },
      warnings: [],
    });
  });

  it('refuses a counter or an expiry without a line', () => {
    for (const asked of [{ counter: 1 }, { expires: '2027-01-31T00:00:00Z' }]) {
      expect(() => state({ baseModel: null, asked })).toThrow(
        expect.objectContaining({ code: 'PIPELINE_RELEASE_LINE_UNKNOWN', exitCode: 2 }),
      );
    }
  });
});

import { describe, expect, it } from 'vitest';
import { toMachineDigest } from '../../../src/system/machine-digest.ts';
import { hashBytes } from '../../../src/system/digest.ts';

const TRAITS = {
  architecture: 'arm64',
  cpuModel: 'Cortex-A76',
  cores: 4,
  memoryGib: 8,
  idSha256: 'ab'.repeat(32),
};

describe('toMachineDigest', () => {
  it('is the SHA-256 of its label and its traits, a line each, as the page on runs says', () => {
    const text = `milton-machine-1\narm64\nCortex-A76\n4\n8\n${'ab'.repeat(32)}`;
    expect(toMachineDigest(TRAITS)).toBe(hashBytes(new TextEncoder().encode(text)));
  });

  it.each([{ cpuModel: 'Cortex-A72' }, { cores: 3 }, { memoryGib: 4 }, { idSha256: 'cd'.repeat(32) }])(
    'is another one with %j',
    (change) => {
      expect(toMachineDigest({ ...TRAITS, ...change })).not.toBe(toMachineDigest(TRAITS));
    },
  );
});

import { describe, expect, it } from 'vitest';
import { MAX_JSON_BYTES, MAX_JSON_DEPTH } from '../../../src/core/limits.ts';

describe('the limits of a JSON text', () => {
  it('leave room for the tokenizer of a vocabulary of 256k, and stay far from the stack', () => {
    expect(MAX_JSON_BYTES).toBeGreaterThan(33_000_000);
    expect(MAX_JSON_DEPTH).toBeLessThan(500);
  });
});

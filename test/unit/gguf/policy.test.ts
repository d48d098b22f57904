import { describe, expect, it } from 'vitest';
import { GGUF_POLICY_RULES, isGgufPolicyRule, Policy } from '../../../src/gguf/policy.ts';

describe('Policy', () => {
  it.each(GGUF_POLICY_RULES)(
    'refuses what breaks %s, naming the rule, and records it once where it is allowed',
    (rule) => {
      expect(() => new Policy([]).violated(rule, 'x', {})).toThrow(
        expect.objectContaining({ details: { rule }, hint: expect.stringContaining(`--allow ${rule}`) }),
      );
      const policy = new Policy([rule]);
      policy.violated(rule, 'x', {});
      policy.violated(rule, 'x', {});
      expect(policy.waived).toEqual([rule]);
    },
  );
});

describe('isGgufPolicyRule', () => {
  it('knows the rules and nothing else', () => {
    expect(GGUF_POLICY_RULES.every(isGgufPolicyRule)).toBe(true);
    expect(['', 'toString', 'TRAILING-BYTES'].some(isGgufPolicyRule)).toBe(false);
  });
});

/**
 * The rules that are ours alone: neither the specification nor llama.cpp refuses such a file, so a person may waive
 * them (`--allow RULE`), and the waiver is recorded.
 */
import type { JsonObject } from '../core/index.ts';
import { GgufFailure, type GgufCode } from './error.ts';

export const GGUF_POLICY_RULES = ['trailing-bytes', 'final-padding', 'empty-tensor', 'no-tensors'] as const;

export type GgufPolicyRule = (typeof GGUF_POLICY_RULES)[number];

export function isGgufPolicyRule(text: string): text is GgufPolicyRule {
  return (GGUF_POLICY_RULES as readonly string[]).includes(text);
}

/** Collects the rules that were waived, and throws for those that were not. */
export class Policy {
  readonly waived: GgufPolicyRule[] = [];
  readonly #allow: readonly GgufPolicyRule[];

  constructor(allow: readonly GgufPolicyRule[]) {
    this.#allow = allow;
  }

  violated(rule: GgufPolicyRule, message: string, details: JsonObject): void {
    if (!this.#allow.includes(rule)) {
      throw new GgufFailure(CODE_OF_RULE[rule], message, { details: { ...details, rule } });
    }
    if (!this.waived.includes(rule)) this.waived.push(rule);
  }
}

const CODE_OF_RULE = {
  'trailing-bytes': 'GGUF_TRAILING_BYTES',
  'final-padding': 'GGUF_FINAL_PADDING',
  'empty-tensor': 'GGUF_TENSOR_EMPTY',
  'no-tensors': 'GGUF_NO_TENSORS',
} as const satisfies Record<GgufPolicyRule, GgufCode>;

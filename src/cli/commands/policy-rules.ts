/** `--allow RULE`: the rules of policy that a person may waive, by their names. */
import type { GgufPolicyRule } from '../../gguf/index.ts';
import { CliFailure } from '../error.ts';
import { shown } from '../text-style.ts';

/** Throws `CLI_USAGE` with the rules there are. */
export async function parsePolicyRules(names: readonly string[] = []): Promise<readonly GgufPolicyRule[]> {
  const { GGUF_POLICY_RULES, isGgufPolicyRule } = await import('../../gguf/index.ts');
  return names.map((name) => {
    if (isGgufPolicyRule(name)) return name;
    throw new CliFailure('CLI_USAGE', `"${shown(name)}" is no rule that can be waived.`, {
      hint: `One of: ${GGUF_POLICY_RULES.join(' · ')}`,
      details: { expected: GGUF_POLICY_RULES.join(' '), received: shown(name) },
    });
  });
}

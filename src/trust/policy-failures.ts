/** The failures of policies: files that cannot be followed, and what a policy refuses. */
import type { FailureCatalogue } from '../core/index.ts';

export const POLICY_FAILURES = {
  TRUST_POLICY_INVALID: {
    exitCode: 3,
    summary: 'A policy breaks its schema, or contradicts itself; it is not passed over for the next one.',
    hint: 'Correct the field that is named, then look again: milton policy check FILE',
    aftermath: 'unchanged',
  },
  TRUST_POLICY_UNSAFE: {
    exitCode: 3,
    summary: 'A policy could be written by strangers, or is no regular file.',
    hint: 'Make it a file of root or of the user that deploys, writable for nobody else: chmod go-w FILE',
    aftermath: 'unchanged',
  },
  TRUST_POLICY_MISSING: {
    exitCode: 3,
    summary: 'The policy that this target was last changed under is gone, or is another one now.',
    hint: 'Put it back, or look at what binds now (milton policy show) and accept it: milton policy accept',
    aftermath: 'unchanged',
  },
  TRUST_POLICY_EXISTS: {
    exitCode: 1,
    summary: 'There is a policy at that place already; it is never overwritten.',
    hint: 'Edit the file that is there, then: milton policy check FILE',
    aftermath: 'unchanged',
  },
  TRUST_KEY_REVOKED: {
    exitCode: 3,
    summary: 'A release is signed with a key that the policy has revoked.',
    hint: 'Have the release signed with a key that is still trusted, after finding out who signed this one.',
    aftermath: 'unchanged',
  },
  TRUST_KEY_LINE: {
    exitCode: 3,
    summary: 'The key that signed a release may not sign releases of its line.',
    hint: 'Deploy the bundle where it belongs, or let the key sign this line too: keys[].lines of the policy.',
    aftermath: 'unchanged',
  },
  TRUST_KEY_COUNTER: {
    exitCode: 3,
    summary: 'The counter of a release is outside of what its key may sign.',
    hint: 'Have it signed with the key of its time; min_counter and max_counter stand in the policy.',
    aftermath: 'unchanged',
  },
  TRUST_RELEASE_UNSTATED: {
    exitCode: 3,
    summary:
      'A signed bundle does not say which release it is (line and counter), so an older one could pass.',
    hint: 'Have it packed and signed anew, with its line and counter: milton bundle create --sign KEY',
    aftermath: 'unchanged',
  },
  TRUST_DOWNGRADE: {
    exitCode: 3,
    summary: 'A release has a lower counter than one that this target has taken of the same line.',
    hint: 'To a release that was here: milton rollback. Another one needs a reason: --allow-downgrade REASON',
    aftermath: 'unchanged',
  },
  TRUST_COUNTER_REUSED: {
    exitCode: 3,
    summary:
      'A release has the counter of another one of its line that this target has taken; nothing allows that.',
    hint: 'Find out who signed two releases of one counter; the next one takes a counter of its own.',
    aftermath: 'unchanged',
  },
  TRUST_EXPIRED: {
    exitCode: 3,
    summary: 'A release has expired, by a clock that the policy trusts.',
    hint: 'Get the newest release of the line, or see that the clock is right (date).',
    aftermath: 'unchanged',
  },
  TRUST_ARTIFACT_TYPE: {
    exitCode: 3,
    summary: 'The policy does not take artifacts of that type.',
    hint: 'Deploy another one; artifact_types of the policy lists those that are taken.',
    aftermath: 'unchanged',
  },
  TRUST_ARCHITECTURE: {
    exitCode: 3,
    summary:
      'The policy does not take models of that architecture, or the model has another one than its bundle says.',
    hint: 'Deploy another one; architectures of the policy lists those that are taken.',
    aftermath: 'unchanged',
  },
  TRUST_SIZE: {
    exitCode: 3,
    summary: 'A model is larger than the policy takes.',
    hint: 'Deploy a smaller one; max_size_bytes of the policy is the limit.',
    aftermath: 'unchanged',
  },
  TRUST_EVIDENCE: {
    exitCode: 3,
    summary: 'The policy wants a benchmark run that measured these very bytes, and there is none.',
    hint: 'Measure the model, and pack it with that run: milton bundle create VERSION --run RUN',
    aftermath: 'unchanged',
  },
  TRUST_PYTHON_BUNDLE: {
    exitCode: 3,
    summary: 'The policy does not take bundles of the Python tool, which cannot be signed.',
    hint: 'Pack the model again: milton bundle create --model PATH --version VERSION',
    aftermath: 'unchanged',
  },
  TRUST_NOT_ALLOWED: {
    exitCode: 3,
    summary: 'Something was to be forced that the policy does not let anybody force.',
    hint: 'Leave the option away; what may be forced stands under allow in the policy.',
    aftermath: 'unchanged',
  },
  TRUST_SKIP_CHECKSUM: {
    exitCode: 2,
    summary: 'With --skip-checksum: the policy requires signatures, which are about those very digests.',
    hint: 'Leave --skip-checksum away.',
    aftermath: 'unchanged',
  },
} as const satisfies FailureCatalogue;

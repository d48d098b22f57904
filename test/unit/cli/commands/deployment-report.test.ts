import { describe, expect, it } from 'vitest';
import { rolledBackText } from '../../../../src/cli/commands/deployment-report.ts';
import { textStyle } from '../../../../src/cli/text-style.ts';
import type { DeploymentOutcome } from '../../../../src/deploy/index.ts';

const style = await textStyle({ isTTY: false, write: () => true }, { env: {}, color: false });

function outcomeWith(rest: Partial<DeploymentOutcome>): DeploymentOutcome {
  return {
    record: {
      deployment_id: 'rollback_v1_20260111_202801_120',
      timestamp: '2026-01-11T20:28:01.120+00:00',
      bundle_id: 'bundle_v1_20260111_202801',
      model_version: 'v1',
      target_path: '/srv/my llm',
      status: 'success',
      checksum_verified: true,
      load_test_passed: true,
      error_message: null,
    },
    state: 'live',
    bundlePath: null,
    releasePath: '/srv/.my llm.milton/releases/deploy_v1_1',
    artifactSha256: 'aa',
    evidence: null,
    registeredAt: null,
    loadTest: {
      kind: 'inference',
      passed: true,
      engine: 'llama-cpp',
      engine_flags: null,
      engine_version: '3',
      tokens: 16,
      prompt: 'fox-1',
      load_ms: 50,
      time_to_first_token_ms: 5,
      tokens_per_second: 100,
      peak_rss_bytes: 1,
      benchmark_latency_ms: null,
      benchmark_tokens_per_second: null,
      smoke_answer: null,
      note: null,
    },
    dryRun: false,
    alreadyLive: false,
    previousReleaseId: 'deploy_v2_1',
    adopted: null,
    restarted: false,
    service: null,
    trust: null,
    retention: null,
    warnings: [],
    ...rest,
  };
}

describe('rolledBackText', () => {
  it('names the command that makes it the choice of the registry, where it was made from one', () => {
    const text = rolledBackText(outcomeWith({ registeredAt: '2026-01-11T19:25:18+00:00' }), style).join('\n');
    expect(text).toContain('To make it the choice there too: milton models activate v1');
    expect(text).toContain('deploy_v2_1');
  });

  it('says nothing of a registry otherwise', () => {
    expect(rolledBackText(outcomeWith({}), style).join('\n')).not.toContain('registry');
  });
});

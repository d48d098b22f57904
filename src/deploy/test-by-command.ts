/** A load test that a command of the operator's runs: what it is told, and the report of what it said. */
import type { Warning } from '../core/index.ts';
import type { BenchmarkSummary } from '../evidence/index.ts';
import { runCommandTest } from './command-test.ts';
import { fromCommand } from './judge-load-test.ts';
import type { LoadTester } from './load-tester.ts';
import type { LoadTestReport } from './types.ts';

export interface TestByCommand {
  /** Of the release: see {@link aboutRelease}. */
  readonly about?: Readonly<Record<string, string>>;
  readonly tokens: number;
  readonly summary: BenchmarkSummary | null;
  readonly signal?: AbortSignal | undefined;
  readonly tester: Extract<LoadTester, { kind: 'command' }>;
  readonly context: Readonly<Record<string, string>>;
  /** Of the structure. */
  readonly found: readonly Warning[];
}

/** Throws `DEPLOY_LOAD_TEST_*`, `CORE_INTERRUPTED`. */
export async function testByCommand(
  path: string,
  options: TestByCommand,
): Promise<{ readonly report: LoadTestReport; readonly warnings: readonly Warning[] }> {
  const { tester, about = {}, context, tokens, summary, found, signal } = options;
  const env = { ...about, ...context, MILTON_MODEL: path, MILTON_TOKENS: String(tokens) };
  const { report, warnings } = fromCommand(await runCommandTest({ tester, env, signal }), summary);
  return { report, warnings: [...found, ...warnings] };
}

/** What a load test command is told of a release. */
export function aboutRelease({
  release,
  version,
  artifactSha256,
  target,
}: {
  readonly release: string;
  readonly version: string;
  readonly artifactSha256: string;
  readonly target: string;
}): Readonly<Record<string, string>> {
  return {
    MILTON_RELEASE: release,
    MILTON_VERSION: version,
    MILTON_SHA256: artifactSha256,
    MILTON_TARGET: target,
  };
}

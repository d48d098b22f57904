/** One part of everything that was thought of, as a test runs it: in silence, on the build that is there. */
import { MAIN } from '../cli/run-milton.ts';
import { withBenches } from './benches.ts';
import { whyNotMounted, whyNotTraced } from './means.ts';
import { PARTS } from './parts.ts';
import { describeBroken, type Report } from './report.ts';
import type { Scope } from './scope.ts';

export async function runShort(part: string, scope: Partial<Scope>): Promise<Report> {
  const run = PARTS[part];
  if (run === undefined) throw new Error(`There is no part ${part}.`);
  return withBenches({ main: MAIN, workers: 2 }, (benches) => run(benches, { ...EVERYTHING, ...scope }));
}

/** Everything that broke, as the lines that a person would read. */
export function brokenIn(report: Report): readonly string[] {
  return report.broken.flatMap(describeBroken);
}

/** What this machine lacks for it, or null. */
export async function whyNot(kind: 'strace' | 'ext4' | 'tmpfs'): Promise<string | null> {
  return (await whyNotTraced()) ?? (kind === 'strace' ? null : whyNotMounted(kind));
}

const EVERYTHING: Scope = { scenario: null, from: 1, to: 1_000_000, stride: 1, say: () => undefined };

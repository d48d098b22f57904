/** Two at once, as `npm run races` tries it: deployments at a barrier, and readers while the link is swapped. */
import process from 'node:process';
import { runProcess } from './process.ts';
import type { Report } from './report.ts';
import type { Scope } from './scope.ts';

export interface Race {
  readonly part: 'barrier' | 'readers';
  readonly unit: string;
  /** How many are tried where every one is. */
  readonly count: number;
}

/** From the root of the project, on its `dist`. */
const SCRIPT = 'test/races/races.mjs';

export async function runRace({ part, unit, count }: Race, { stride, say }: Scope): Promise<Report> {
  const tried = Math.ceil(count / stride);
  const [barriers, swaps] = part === 'barrier' ? [tried, 0] : [0, tried];
  const words = ['--barriers', String(barriers), '--swaps', String(swaps), '--rounds', '0'];
  const { exitCode, stdout, stderr } = await runProcess([process.execPath, SCRIPT, ...words]);
  say(stdout.trim());
  const problems = stderr.trim().split('\n');
  const broken = exitCode === 0 ? [] : [{ part, scenario: part, k: 0, what: stdout.trim(), problems }];
  return { part, unit, scenarios: 1, tried, broken, skipped: [] };
}

/** What has to be true after a change was cut off, whatever cut it off, and after the device went on. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import { nextDeployment, resumeArgs, targetOf, type Scenario } from './scenarios.ts';
import { findLeftovers, judgeJournal, readLive } from './target.ts';

export interface AftermathOptions {
  /** What may be live now. */
  readonly mayBeLive: Scenario['mayBeLive'];
  /** False lets the next deployment find what was left. */
  readonly resume: boolean;
}

/** Problems, in the order in which they were found; none is what is wanted. */
export async function judgeAftermath(
  lab: Lab,
  scenario: Scenario,
  { mayBeLive, resume }: AftermathOptions,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const target = targetOf(scenario, lab.box);
  const look = async (when: string, allowed: Scenario['mayBeLive']): Promise<void> => {
    const live = await readLive(target, lab.shelf);
    const isMeant = (problem: string): boolean =>
      allowed === mayBeLive && scenario.tolerates?.test(problem) === true;
    const found = live.problems.filter((problem) => !isMeant(problem));
    problems.push(...found.map((problem) => `${when}: ${problem}`));
    if (!allowed.includes(live.version) && live.problems.length === 0) {
      problems.push(`${when}: ${live.version ?? 'nothing'} is live, not ${allowed.map(String).join(' or ')}`);
    }
  };
  await look('at once', mayBeLive);
  problems.push(...(await findOrphans(lab.box)).map((orphan) => `at once: ${orphan} still runs`));
  if (resume) {
    const resumed = await lab.milton(resumeArgs(scenario, lab));
    if (resumed.exitCode !== 0) problems.push(`resume ended with ${resumed.exitCode}: ${resumed.stderr}`);
    await look('after resume', mayBeLive);
    problems.push(...(await judgeJournal(target)).map((problem) => `after resume: ${problem}`));
    problems.push(...(await judgeService(lab, target.link)));
  }
  const next = await lab.milton(nextDeployment(scenario, lab));
  if (next.exitCode !== 0) problems.push(`the next deployment ended with ${next.exitCode}: ${next.stderr}`);
  await look('after the next deployment', ['v3']);
  problems.push(...(await judgeJournal(target)).map((problem) => `in the end: ${problem}`));
  problems.push(...(await findLeftovers(lab.box, target)).map((path) => `in the end: ${path} is left`));
  return problems;
}

/** A server that had to be restarted would run what is live. */
async function judgeService({ box }: Lab, link: string): Promise<readonly string[]> {
  const served = await readFile(join(box, 'home/served'), 'utf8').catch(() => null);
  const live = await readlink(link).catch(() => '');
  if (served === null || served.trim() === live) return [];
  return [`after resume: the server runs ${served.trim()}, and ${live} is live`];
}

/** Processes that have the box in their command line. */
async function findOrphans(box: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(`${box}/`) && !(await isEnded(pid)))
      found.push(`${pid} ${command.replaceAll('\0', ' ').trim()}`);
  }
  return found;
}

/** A zombie has ended and waits for its parent to look. */
async function isEnded(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat === '' || /\) [ZX] /.test(stat);
}

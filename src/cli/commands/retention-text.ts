/** Which releases and bundles stayed and which went, as a table and as lines of another report. */
import { basename } from 'node:path';
import { formatBytes } from '../../core/index.ts';
import {
  freedBytesOf,
  type Decision,
  type KeptBecause,
  type PlannedBundle,
  type PlannedRelease,
  type RemovedBecause,
  type RetentionReport,
} from '../../deploy/index.ts';
import { plural } from '../numbers.ts';
import { shown, type TextStyle } from '../text-style.ts';

/** The whole table, what it comes to, and what could not be seen. */
export async function prunedText(
  targetPath: string,
  report: RetentionReport,
  style: TextStyle,
): Promise<string[]> {
  const { releases, bundles, remains, isDryRun } = report;
  const { colors } = style;
  const rows = [
    ...releases.map((one) => [
      `release ${shown(one.release.id)}`,
      one.release.verdict,
      ...fateCells(one, report, style),
    ]),
    ...bundles.map((one) => [`bundle ${shown(basename(one.path))}`, '', ...fateCells(one, report, style)]),
    ...remains.map(({ path, freesBytes }) => [
      `remains ${shown(basename(path))}`,
      '',
      colors.yellow(doing(path, report)),
      'an earlier removal did not end',
      formatBytes(freesBytes ?? 0),
    ]),
  ];
  const title = isDryRun ? colors.yellow('dry run') : colors.green('pruned');
  const table =
    rows.length === 0 ? [] : await style.table(['what', 'known as', 'and so', 'because', 'frees'], rows);
  return [`${title}  ${shown(targetPath)}`, '', ...table, '', sumLine(report), ...unseenLine(report, style)];
}

/** `label   value` lines for the report of a deployment; none where nothing goes. */
export function retentionFacts(report: RetentionReport | null): (readonly [label: string, value: string])[] {
  if (report === null) return [];
  const lines = [
    ...report.releases.filter(isGoing).map(({ release, freesBytes }) => {
      return `release ${shown(release.id)} (${formatBytes(freesBytes ?? 0)})`;
    }),
    ...report.bundles.filter(isGoing).map(({ path, freesBytes }) => {
      return `bundle ${shown(path)} (${formatBytes(freesBytes ?? 0)})`;
    }),
  ];
  const label = report.isDryRun ? 'would remove' : 'removed';
  return lines.map((line, index) => [index === 0 ? label : '', line] as const);
}

/** What somebody who did not ask for it must be told of it. */
export function retentionLines(report: RetentionReport | null, { colors }: TextStyle): string[] {
  if (report === null || retentionFacts(report).length === 0) return [];
  const way = `${colors.cyan('--keep all --keep-bundles all')} keeps everything`;
  return ['', `${sumLine(report)} ${way}.`];
}

function fateCells(
  one: PlannedRelease | PlannedBundle,
  report: RetentionReport,
  { colors }: TextStyle,
): string[] {
  const { decision, path, freesBytes, usedBy } = one;
  if (decision.action === 'keep')
    return ['kept', usedBy === null ? whyOf(decision) : `used by ${shown(usedBy)}`, ''];
  return [colors.yellow(doing(path, report)), whyOf(decision), formatBytes(freesBytes ?? 0)];
}

function doing(path: string, { isDryRun, problems }: RetentionReport): string {
  if (isDryRun) return 'would go';
  return problems.some((problem) => problem.path === path) ? 'FAILED' : 'removed';
}

const WORDS: Readonly<Record<KeptBecause | RemovedBecause, string>> = {
  live: 'it is live',
  rollback: 'a rollback goes back to it',
  'in-use': 'a process uses it',
  unfinished: 'an unfinished run needs it',
  recent: 'it is recent',
  all: 'everything is kept',
  adopted: 'it stood here before the first deployment',
  'not-packed-here': 'no deployment from here packed it',
  unsure: 'a target could not be read',
  older: 'there are enough newer ones',
  bad: 'it is known to be bad',
  undone: 'its deployment was undone',
};

function whyOf({ because }: Decision): string {
  return WORDS[because];
}

function sumLine(report: RetentionReport): string {
  const { releases, bundles, remains, isExact, isDryRun, problems } = report;
  const failed = new Set(problems.map(({ path }) => path));
  const countOf = (all: readonly { readonly path: string }[]): number =>
    all.filter(({ path }) => !failed.has(path)).length;
  const counts = [
    [countOf(releases.filter(isGoing)), 'release'],
    [countOf(bundles.filter(isGoing)), 'bundle'],
    [countOf(remains), 'unfinished folder'],
  ] as const;
  const what = counts.flatMap(([count, noun]) => (count === 0 ? [] : [plural(count, noun)])).join(', ');
  if (what === '') return isDryRun ? 'Nothing would be removed.' : 'Nothing was removed.';
  const amount = `${isExact ? '' : 'at most '}${formatBytes(freedBytesOf(report))}`;
  return isDryRun
    ? `Would be removed: ${what}; that frees ${amount}.`
    : `Removed: ${what}; that freed ${amount}.`;
}

/** Said honestly: a server of another user may hold what goes. */
function unseenLine({ unseenProcesses }: RetentionReport, { colors }: TextStyle): string[] {
  if (unseenProcesses === null || unseenProcesses === 0) return [];
  const who = `${unseenProcesses} process${unseenProcesses === 1 ? '' : 'es'}`;
  return [
    colors.dim(
      `${who} of other users, or protected ones, could not be looked into. What they have open stays readable to them, and takes its room until they close it.`,
    ),
  ];
}

function isGoing({ decision }: { readonly decision: Decision }): boolean {
  return decision.action === 'remove';
}

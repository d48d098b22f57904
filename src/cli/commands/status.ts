/** `milton status`: what is live on each target, what was, and what one could go back to; with `--deep`, whether it still is. */
import { Option, type Command } from 'commander';
import type { JsonObject } from '../../core/index.ts';
import type { VerifiedTarget } from '../../deploy/index.ts';
import type { TargetReport } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { CliFailure } from '../error.ts';
import { parsePath } from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';

interface StatusFlags {
  readonly targetPath?: string;
  readonly deep?: boolean;
  readonly all?: boolean;
}

export function defineStatus(command: Command, perform: Perform): void {
  command
    .option('--target-path <path>', 'only this target (default: every target ever deployed to)', parsePath)
    .option('--deep', 'hash what is live again, and name every file that differs')
    .addOption(new Option('--all', 'with --deep: the previous releases too'))
    .addHelpText(
      'after',
      `
Examples:
  $ milton status --target-path /srv/llm
  $ milton status --deep --all`,
    )
    .action(perform<StatusFlags>(status));
}

async function status(context: CommandContext, flags: StatusFlags): Promise<CommandResult> {
  const { deep = false, all = false } = flags;
  if (all && !deep) {
    throw new CliFailure('CLI_USAGE', '--all says what --deep looks at.', {
      hint: 'Hash everything again: milton status --deep --all',
    });
  }
  const { readTargets } = await import('../../pipeline/index.ts');
  const reports = await readTargets(flags.targetPath ?? null, context.state);
  if (flags.targetPath !== undefined) await assertKnown(reports[0]);
  const verified = deep ? await verifyAll(reports, context, all) : new Map<string, VerifiedTarget>();
  const { reportJson } = await import('./status-json.ts');
  const { reportText } = await import('./status-text.ts');
  const { judgeDeep } = await import('./status-deep.ts');
  const failure = deep ? await judgeDeep(reports, [...verified.values()]) : null;
  const targetPathOf = (report: TargetReport): string =>
    report.kind === 'read' ? report.status.targetPath : report.targetPath;
  const now = context.clock.now();
  const schedule = await readScheduleNews(context);
  return {
    json: {
      targets: reports.map((report) => reportJson(report, verified.get(targetPathOf(report)) ?? null)),
      ...(schedule.json !== null && { schedule: schedule.json }),
    },
    text: (style) => [
      ...(reports.length === 0
        ? nothingYet(context.state.path, style)
        : reports.flatMap((report, index) => [
            ...(index === 0 ? [] : ['']),
            ...reportText(report, { style, now, verified: verified.get(targetPathOf(report)) ?? null }),
          ])),
      ...(schedule.alarm === null ? [] : [`schedule  ${style.colors.red(schedule.alarm)}`]),
    ],
    ...(failure !== null && { failure }),
  };
}

/** One target after the other: disks are what it takes. A target that cannot be read has its own failure already. */
async function verifyAll(
  reports: readonly TargetReport[],
  { state, signal, onProgress }: CommandContext,
  all: boolean,
): Promise<Map<string, VerifiedTarget>> {
  const { resolveTarget, verifyTarget } = await import('../../deploy/index.ts');
  const verified = new Map<string, VerifiedTarget>();
  for (const report of reports) {
    if (report.kind !== 'read') continue;
    const { targetPath } = report.status;
    const layout = await resolveTarget(targetPath, state);
    const which = all ? 'all' : 'live';
    verified.set(targetPath, await verifyTarget(layout, { which, signal, onProgress }));
  }
  return verified;
}

/** How the last scheduled run went, and what of it must be seen here. */
async function readScheduleNews({ state, clock }: CommandContext): Promise<{
  readonly json: JsonObject | null;
  readonly alarm: string | null;
}> {
  const { readLastRun } = await import('../../schedule/index.ts');
  const { lastRunJson, scheduleAlarm } = await import('./schedule-last-run.ts');
  const lastRun = await readLastRun(state);
  return { json: lastRunJson(lastRun), alarm: scheduleAlarm(lastRun, clock.now()) };
}

/** A path that was mistyped has no status. */
async function assertKnown(report: TargetReport | undefined): Promise<void> {
  if (report?.kind !== 'read' || report.status.isKnown || report.status.occupant.kind !== 'nothing') return;
  const { DeployFailure } = await import('../../deploy/index.ts');
  const { targetPath } = report.status;
  throw new DeployFailure('TARGET_UNKNOWN', `Nothing was ever deployed to ${shown(targetPath)}.`, {
    details: { target_path: targetPath },
  });
}

function nothingYet(statePath: string, { colors }: TextStyle): string[] {
  return [
    `Nothing was deployed from ${shown(statePath)} yet.`,
    `Deploy first: ${colors.cyan('milton deploy --target-path /srv/llm')}, or see it work: ${colors.cyan('milton demo')}`,
  ];
}

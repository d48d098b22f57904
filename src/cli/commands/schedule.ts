/** `milton schedule`: systemd user units that benchmark, deploy and settle by themselves. */
import type { Command } from 'commander';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import {
  addRunOnceOptions,
  addUnitOptions,
  type Given,
  type InstallFlags,
  type RunOnceFlags,
} from './schedule-options.ts';

export function defineSchedule(schedule: Command, perform: Perform): void {
  schedule.addHelpText('after', EXAMPLE);
  addInstall(schedule, perform);
  schedule
    .command('remove')
    .description('Take the units away again. A run that is under way goes on to its end.')
    .addHelpText('after', '\nExample:\n  $ milton schedule remove')
    .action(
      perform(async (context) => {
        const { removeUnits } = await import('./schedule-install.ts');
        return removeUnits(context);
      }),
    );
  schedule
    .command('status')
    .description('What is scheduled, when it runs next, and how the last run ended.')
    .addHelpText('after', '\nExample:\n  $ milton schedule status')
    .action(
      perform(async (context) => {
        const { scheduleStatus } = await import('./schedule-status.ts');
        return scheduleStatus(context);
      }),
    );
  addPrint(schedule, perform);
  addRun(schedule, perform);
}

function addInstall(schedule: Command, perform: Perform): void {
  const given: Given[] = [];
  const command = schedule
    .command('install')
    .description(
      'Write the units and start the timer, or bring them up to date. Takes the options of deploy.',
    );
  addUnitOptions(addRunOnceOptions(command, given))
    .option('--no-start', 'only write the units; tell systemd nothing')
    .addHelpText('after', EXAMPLE)
    .action(
      perform<InstallFlags>(async (context: CommandContext, flags): Promise<CommandResult> => {
        const { installUnits } = await import('./schedule-install.ts');
        return installUnits(context, flags, given);
      }),
    );
}

function addPrint(schedule: Command, perform: Perform): void {
  const given: Given[] = [];
  const command = schedule
    .command('print')
    .description('Show the units that install would write, and touch nothing. Takes the same options.');
  addUnitOptions(addRunOnceOptions(command, given))
    .addHelpText('after', '\nExample:\n  $ milton schedule print')
    .action(
      perform<InstallFlags>(async (context: CommandContext, flags): Promise<CommandResult> => {
        const { printUnits } = await import('./schedule-install.ts');
        return printUnits(context, flags, given);
      }),
    );
}

function addRun(schedule: Command, perform: Perform): void {
  const given: Given[] = [];
  const command = schedule
    .command('run')
    .description('What the timer starts, and a person can: benchmark, choose, and deploy if asked.');
  addRunOnceOptions(command, given)
    .addHelpText('after', '\nExample:\n  $ milton schedule run --deploy')
    .action(
      perform<RunOnceFlags>(async (context: CommandContext, flags): Promise<CommandResult> => {
        const { runOnce } = await import('./schedule-run.ts');
        return runOnce(context, flags, given);
      }),
    );
}

const EXAMPLE = `
Examples:
  $ milton schedule install
  $ milton schedule install --deploy --target-path /srv/llm \\
      --restart-command 'systemctl --user restart llm' --before llm.service
  $ milton schedule install --bench-command './bench --mine'`;

/** `milton schedule install`, `print` and `remove`: the units, written, shown or taken away. */
import { userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { formatDuration, quoteWord, type Warning } from '../../core/index.ts';
import type { InstalledSchedule, Linger } from '../../schedule/index.ts';
import type { CommandContext, CommandResult } from '../context.ts';
import { shown } from '../text-style.ts';
import type { Given, InstallFlags } from './schedule-options.ts';
import { readSettings, type ReadSettings } from './schedule-settings.ts';

export async function installUnits(
  context: CommandContext,
  flags: InstallFlags,
  given: readonly Given[],
): Promise<CommandResult> {
  const { installSchedule, readLinger, unitFolder } = await import('../../schedule/index.ts');
  const { makeDirectory } = await import('../../system/index.ts');
  const read = await readSettings(flags, given, context);
  const { env, signal, state } = context;
  const start = flags.start ?? true;
  const installed = await installSchedule(read.settings, {
    folder: unitFolder(env),
    env,
    signal,
    start,
    // What is not there cannot be made writable.
    prepare: () => makeDirectory(state.path),
  });
  const linger = await readLinger({ env, signal });
  return {
    json: {
      units: installed.units.map((unit) => ({ ...unit })),
      started: installed.started,
      linger,
      target_path: read.targetPath,
    },
    text: (style) => [
      `${style.colors.green('scheduled')}  every ${plain(read.settings.everyHours)}, up to ${formatDuration(read.settings.randomDelayMs)} later`,
      ...style.facts(installedFacts(read, installed)),
    ],
    warnings: [...read.warnings, ...lingerWarnings(linger)],
  };
}

export async function printUnits(
  context: CommandContext,
  flags: InstallFlags,
  given: readonly Given[],
): Promise<CommandResult> {
  const { toUnits, unitFolder } = await import('../../schedule/index.ts');
  const { settings, warnings } = await readSettings(flags, given, context);
  const folder = unitFolder(context.env);
  const units = toUnits(settings).map(({ name, text }) => ({ name, path: join(folder, name), text }));
  return {
    json: { units },
    // What stands in a file that was checked may be printed as it is: a unit is UTF-8 without control characters.
    text: units.flatMap(({ path, text }, index) => [
      ...(index === 0 ? [] : ['']),
      `# ${shown(path)}`,
      ...text.trimEnd().split('\n'),
    ]),
    warnings,
  };
}

export async function removeUnits({ env, signal }: CommandContext): Promise<CommandResult> {
  const { removeSchedule, unitFolder } = await import('../../schedule/index.ts');
  const folder = unitFolder(env);
  const { removed, untold } = await removeSchedule({ folder, env, signal });
  const warnings: readonly Warning[] =
    untold === null
      ? []
      : [
          {
            code: 'SCHEDULE_MANAGER_UNTOLD',
            message: `The files are gone, and systemd could not be told: ${untold}.`,
          },
        ];
  return {
    json: { removed },
    text:
      removed.length === 0
        ? [`Nothing is scheduled: there are no units of Milton Edge in ${shown(folder)}.`]
        : removed.map((path) => `removed  ${shown(path)}`),
    warnings,
  };
}

/** How to turn lingering on for whoever runs this. */
export function lingerCommand(): string {
  return `loginctl enable-linger ${quoteWord(readUserName())}`;
}

function installedFacts(
  { settings, benchCommand, targetPath }: ReadSettings,
  { units, started }: InstalledSchedule,
): readonly (readonly [string, string | null])[] {
  return [
    ['benchmarks', shown(benchCommand)],
    ['deploys', targetPath === null ? 'nothing: --deploy was not given' : `to ${shown(targetPath)}`],
    ...units.map(({ path, change }, index): readonly [string, string] => [
      index === 0 ? 'units' : '',
      `${shown(path)} (${change})`,
    ]),
    [
      'at boot',
      settings.before.length === 0 ? null : `settled before ${settings.before.map(shown).join(', ')}`,
    ],
    ['timer', started ? 'started' : `not started; ${START_BY_HAND}`],
  ];
}

const START_BY_HAND =
  'systemctl --user daemon-reload && systemctl --user enable --now milton-schedule.timer milton-resume.service';

function lingerWarnings(linger: Linger): readonly Warning[] {
  if (linger !== 'off') return [];
  const message = `Lingering is off: nothing runs while ${readUserName()} is not logged in, and nothing at boot. Turn it on: ${lingerCommand()}`;
  return [{ code: 'SCHEDULE_LINGER_OFF', message }];
}

function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an account, as in many containers.
    return String(process.getuid?.() ?? '');
  }
}

function plain(hours: number): string {
  return hours === 1 ? 'hour' : `${hours} hours`;
}

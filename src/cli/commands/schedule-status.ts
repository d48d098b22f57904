/** `milton schedule status`: what is scheduled, and what came of it. Works where there is no systemd, and says so. */
import type { JsonObject } from '../../core/index.ts';
import type { Linger, ScheduleStatus, TimerFacts } from '../../schedule/index.ts';
import type { CommandContext, CommandResult } from '../context.ts';
import { shown, type TextStyle } from '../text-style.ts';
import { lingerCommand } from './schedule-install.ts';
import { lastRunJson, lastRunText } from './schedule-last-run.ts';

export async function scheduleStatus(context: CommandContext): Promise<CommandResult> {
  const { readSchedule, unitFolder } = await import('../../schedule/index.ts');
  const { env, signal, state, clock } = context;
  const status = await readSchedule({ env, signal, state, folder: unitFolder(env) });
  return { json: toJson(status), text: (style) => toText(status, clock.now(), style) };
}

function toJson({ units, timer, unreachable, linger, lastRun }: ScheduleStatus): JsonObject {
  return {
    installed: units.every(({ state }) => state === 'ours'),
    units: units.map(({ name, path, state }) => ({ name, path, state })),
    timer:
      timer === null
        ? null
        : {
            active: timer.active,
            enabled: timer.enabled,
            next_run: timer.nextRun?.toISOString() ?? null,
            last_trigger: timer.lastTrigger?.toISOString() ?? null,
          },
    systemd_unreachable: unreachable,
    linger,
    linger_command: linger === 'on' ? null : lingerCommand(),
    last_run: lastRunJson(lastRun),
  };
}

function toText(status: ScheduleStatus, now: Date, { colors, facts }: TextStyle): string[] {
  const { units, timer, unreachable, linger, lastRun } = status;
  const isThere = units.some(({ state }) => state !== 'missing');
  const isWell = lastRun.kind === 'ended' || lastRun.kind === 'running';
  const last = lastRunText(lastRun, now) ?? 'none yet';
  const hint = lastRun.kind === 'failed' ? (lastRun.run.failure?.hint ?? null) : null;
  return [
    colors.bold('schedule'),
    ...facts([
      ...(isThere
        ? units.map(({ path, state }, index): readonly [string, string] => [
            index === 0 ? 'units' : '',
            `${shown(path)}${state === 'ours' ? '' : ` (${UNIT_STATES[state]})`}`,
          ])
        : [['units', `none; ${colors.cyan("milton schedule install --bench-command '…'")}`] as const]),
      ['timer', timer === null ? `unknown: ${shown(unreachable)}` : describeTimer(timer)],
      ['next run', toTime(timer?.nextRun ?? null)],
      ['last run', isWell || lastRun.kind === 'none' ? last : colors.red(last)],
      ['fix', hint === null ? null : shown(hint)],
      ['lingering', describeLinger(linger, colors.cyan)],
    ]),
  ];
}

const UNIT_STATES = { missing: 'missing', foreign: 'not written by Milton Edge' } as const;

function describeTimer({ active, enabled }: TimerFacts): string {
  if (active) return enabled ? 'active' : 'active, but not enabled: it is gone after a reboot';
  return enabled ? 'enabled, but not active' : 'off';
}

function describeLinger(linger: Linger, command: (text: string) => string): string {
  if (linger === 'on') return 'on';
  const how = command(lingerCommand());
  return linger === 'off' ? `off: nothing runs without a login; ${how}` : `unknown; to have it on: ${how}`;
}

/** `2026-01-11 20:28:01 UTC`. */
function toTime(date: Date | null): string | null {
  return date === null ? null : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

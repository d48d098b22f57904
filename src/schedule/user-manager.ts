/** Asks and tells the systemd manager of this user, and logind about lingering. */
import { userInfo } from 'node:os';
import { escapeText, parseJson } from '../core/index.ts';
import { runProgram, type ProgramEnd } from '../system/index.ts';
import { ScheduleFailure } from './error.ts';
import { MAX_SYSTEMCTL_MS } from './limits.ts';
import { TIMER_UNIT } from './settings.ts';

export interface ManagerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

export type Linger = 'on' | 'off' | 'unknown';

export interface TimerFacts {
  readonly active: boolean;
  readonly enabled: boolean;
  /** Null where systemd does not say: the timer is off, or too old a systemctl. */
  readonly nextRun: Date | null;
  readonly lastTrigger: Date | null;
}

/** Throws `SCHEDULE_NO_SYSTEMD` unless a manager answers. */
export async function assertUserManager(options: ManagerOptions): Promise<void> {
  const why = await findUnreachable(options);
  if (why === null) return;
  throw new ScheduleFailure(
    'SCHEDULE_NO_SYSTEMD',
    `The systemd manager of this user cannot be asked: ${why}.`,
    {
      details: { expected: 'a systemd user manager that systemctl --user can ask', received: why },
    },
  );
}

/** Why no manager answers; null where one does. */
export async function findUnreachable(options: ManagerOptions): Promise<string | null> {
  const end = await systemctl(['show', '--property=Version'], options);
  return end.exitCode === 0 ? null : reasonOf(end);
}

/** Throws `SCHEDULE_SYSTEMCTL_FAILED`. */
export async function tellManager(args: readonly string[], options: ManagerOptions): Promise<void> {
  const end = await systemctl(args, options);
  if (end.exitCode === 0) return;
  const command = `systemctl --user ${args.join(' ')}`;
  throw new ScheduleFailure('SCHEDULE_SYSTEMCTL_FAILED', `${command} failed: ${reasonOf(end)}.`, {
    details: { command, expected: 'exit code 0', received: end.reason },
  });
}

export async function readTimer(options: ManagerOptions): Promise<TimerFacts> {
  const shown = await systemctl(['show', TIMER_UNIT, '--property=ActiveState,UnitFileState'], options);
  const listed = await systemctl(['list-timers', '--all', '--output=json', TIMER_UNIT], options);
  return {
    active: /^ActiveState=active$/m.test(shown.stdout),
    enabled: /^UnitFileState=enabled$/m.test(shown.stdout),
    ...readTimes(listed.stdout),
  };
}

/** Whether this user's manager runs without a login: from boot on, and after the logout. */
export async function readLinger({ env, signal }: ManagerOptions): Promise<Linger> {
  const end = await runProgram('loginctl', ['show-user', String(userInfo().uid), '--property=Linger'], {
    timeoutMs: MAX_SYSTEMCTL_MS,
    env,
    signal,
  });
  if (/^Linger=yes$/m.test(end.stdout)) return 'on';
  // logind forgets a user who neither is logged in nor lingers.
  if (/^Linger=no$/m.test(end.stdout) || /not logged in or lingering/.test(end.stderr)) return 'off';
  return 'unknown';
}

function systemctl(args: readonly string[], { env, signal }: ManagerOptions): Promise<ProgramEnd> {
  return runProgram('systemctl', ['--user', '--no-pager', ...args], {
    timeoutMs: MAX_SYSTEMCTL_MS,
    // Its words are read here.
    env: { ...env, LC_ALL: 'C' },
    signal,
  });
}

/** `[{"next": …, "last": …}]`, in microseconds since 1970; a list is not there before systemd 247. */
function readTimes(text: string): Pick<TimerFacts, 'nextRun' | 'lastTrigger'> {
  let value: unknown = null;
  try {
    value = parseJson(new TextEncoder().encode(text), { name: 'systemctl list-timers' });
  } catch {
    // Words for people: the times stay unknown.
  }
  const [row] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const timer = isObject(row) ? row : {};
  return { nextRun: toDate(timer['next']), lastTrigger: toDate(timer['last']) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toDate(microseconds: unknown): Date | null {
  if (typeof microseconds !== 'number' || microseconds <= 0) return null;
  const date = new Date(microseconds / 1000);
  return Number.isNaN(date.getTime()) ? null : date;
}

function reasonOf({ kind, stderr, reason }: ProgramEnd): string {
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return kind === 'exited' && said !== '' ? escapeText(said).replace(/\.$/, '') : reason;
}

/** What a schedule is made of: what runs, when, and what it may touch. */

export interface ScheduleSettings {
  /** Node and the file of the command, both absolute. */
  readonly program: readonly [node: string, main: string];
  readonly stateDir: string;
  /** What `milton schedule run` is given, beside the state directory. */
  readonly runArgs: readonly string[];
  /** Hours from one run to the next: a divisor of 24. */
  readonly everyHours: number;
  readonly randomDelayMs: number;
  readonly afterBootMs: number;
  /** The longest that a run may take, all in all. */
  readonly timeLimitMs: number;
  /** Beside the state directory; absolute. Everything else is read-only. */
  readonly writablePaths: readonly string[];
  /** The folder that commands run in. */
  readonly workingDirectory: string;
  /** `PATH` of whoever installs it, so that a command finds what it found there; null keeps that of the user manager. */
  readonly searchPath: string | null;
  readonly limits: ScheduleLimits;
  /** Full names of units that must not start before an unfinished deployment is settled at boot. */
  readonly before: readonly string[];
}

export interface ScheduleLimits {
  /** As systemd reads it: `80%` of the machine, `6G`, `infinity`. */
  readonly memoryMax: string;
  /** Percent of one processor; null leaves what nobody else wants. */
  readonly cpuQuotaPercent: number | null;
}

/** A unit file: its name, and all of its text. */
export interface Unit {
  readonly name: string;
  readonly text: string;
}

export const RUN_UNIT = 'milton-schedule.service';
export const TIMER_UNIT = 'milton-schedule.timer';
export const RESUME_UNIT = 'milton-resume.service';

/** In the order in which they are written. */
export const UNIT_NAMES = [RUN_UNIT, TIMER_UNIT, RESUME_UNIT] as const;

/** Intervals that fall on the same hours every day. */
export const EVERY_HOURS = [1, 2, 3, 4, 6, 8, 12, 24] as const;

export const DEFAULT_SCHEDULE = {
  everyHours: 6,
  randomDelayMs: 30 * 60_000,
  afterBootMs: 5 * 60_000,
  benchTimeoutMs: 3 * 3_600_000,
  limits: { memoryMax: '80%', cpuQuotaPercent: null },
} as const;

/** What packing, verifying, load-testing and probing may take after the benchmark; each has limits of its own. */
export const DEPLOY_ALLOWANCE_MS = 3 * 3_600_000;

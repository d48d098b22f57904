/** Installs the units of a schedule, or brings them up to date; and takes away exactly what it installed. */
import { RESUME_UNIT, RUN_UNIT, TIMER_UNIT, type ScheduleSettings } from './settings.ts';
import { assertOurs, readUnits, removeUnits, writeUnits, type UnitChange } from './unit-folder.ts';
import { assertUserManager, findUnreachable, tellManager, type ManagerOptions } from './user-manager.ts';
import { toUnits } from './units.ts';

export interface InstallOptions extends ManagerOptions {
  readonly folder: string;
  /** False only writes the files. */
  readonly start: boolean;
  /** Runs once nothing stands in the way, and before the first unit is written. */
  readonly prepare?: () => Promise<void>;
}

export interface InstalledSchedule {
  readonly units: readonly { readonly name: string; readonly path: string; readonly change: UnitChange }[];
  readonly started: boolean;
}

/**
 * Nothing is written where a unit is foreign or no manager answers. Throws `SCHEDULE_VALUE_UNFIT`,
 * `SCHEDULE_UNIT_FOREIGN`, `SCHEDULE_NO_SYSTEMD`, `SCHEDULE_SYSTEMCTL_FAILED`, `SYSTEM_*`.
 */
export async function installSchedule(
  settings: ScheduleSettings,
  { folder, start, prepare, ...manager }: InstallOptions,
): Promise<InstalledSchedule> {
  const units = toUnits(settings);
  const before = await readUnits(folder);
  assertOurs(before);
  if (start) await assertUserManager(manager);
  await prepare?.();
  const written = await writeUnits(folder, { units, before });
  if (start) {
    await tellManager(['daemon-reload'], manager);
    await tellManager(['enable', '--now', TIMER_UNIT], manager);
    await tellManager(['enable', RESUME_UNIT], manager);
  }
  return { units: written, started: start };
}

export interface RemovedSchedule {
  /** Empty where there was nothing of ours. */
  readonly removed: readonly string[];
  /** Why systemd was not told; null where it was, or where there was nothing to tell. */
  readonly untold: string | null;
}

/**
 * A run that is under way goes on to its end. Without a manager the files are removed all the same. Throws
 * `SCHEDULE_UNIT_FOREIGN`, `SCHEDULE_SYSTEMCTL_FAILED`, `SYSTEM_*`.
 */
export async function removeSchedule({
  folder,
  ...manager
}: Omit<InstallOptions, 'start' | 'prepare'>): Promise<RemovedSchedule> {
  const units = await readUnits(folder);
  assertOurs(units);
  const names = units.filter(({ state }) => state === 'ours').map(({ name }) => name);
  if (names.length === 0) return { removed: [], untold: null };
  const untold = await findUnreachable(manager);
  if (untold === null) {
    const enabled = [TIMER_UNIT, RESUME_UNIT].filter((name) => names.includes(name));
    if (enabled.length > 0) await tellManager(['disable', '--now', ...enabled], manager);
  }
  const removed = await removeUnits(folder, units);
  if (untold === null) {
    await tellManager(['daemon-reload'], manager);
    // A run that failed would stay listed; where there is none to forget, systemctl says so and nothing is wrong.
    await tellManager(['reset-failed', RUN_UNIT], manager).catch(() => undefined);
  }
  return { removed, untold };
}

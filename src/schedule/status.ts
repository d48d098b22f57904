/** What is scheduled, whether systemd will run it, and how the last run ended. Changes nothing. */
import type { StateDirectory } from '../system/index.ts';
import { readLastRun, type LastRunState } from './last-run.ts';
import { readUnits, type UnitFile } from './unit-folder.ts';
import {
  findUnreachable,
  readLinger,
  readTimer,
  type Linger,
  type ManagerOptions,
  type TimerFacts,
} from './user-manager.ts';

export interface ScheduleStatus {
  readonly units: readonly UnitFile[];
  /** Null where no manager answers; `unreachable` then says why. */
  readonly timer: TimerFacts | null;
  readonly unreachable: string | null;
  readonly linger: Linger;
  readonly lastRun: LastRunState;
}

export async function readSchedule({
  state,
  folder,
  ...manager
}: ManagerOptions & { readonly state: StateDirectory; readonly folder: string }): Promise<ScheduleStatus> {
  const unreachable = await findUnreachable(manager);
  return {
    units: await readUnits(folder),
    timer: unreachable === null ? await readTimer(manager) : null,
    unreachable,
    linger: await readLinger(manager),
    lastRun: await readLastRun(state),
  };
}

/** `schedule`: systemd user units that benchmark, deploy and settle, and the report of what they did last. */
export { SCHEDULE_FAILURES, ScheduleFailure, type ScheduleCode } from './error.ts';
export { assertLasting } from './fleeting-program.ts';
export { usesTmp } from './hardening.ts';
export {
  installSchedule,
  removeSchedule,
  type InstalledSchedule,
  type InstallOptions,
  type RemovedSchedule,
} from './install.ts';
export { readLastRun, withLastRun, type LastRun, type LastRunState, type RunNotes } from './last-run.ts';
export {
  DEFAULT_SCHEDULE,
  DEPLOY_ALLOWANCE_MS,
  EVERY_HOURS,
  type ScheduleLimits,
  type ScheduleSettings,
  type Unit,
} from './settings.ts';
export { readSchedule, type ScheduleStatus } from './status.ts';
export { unitFolder, type UnitChange, type UnitFile, type UnitState } from './unit-folder.ts';
export { toUnitName } from './unit-syntax.ts';
export { toUnits } from './units.ts';
export { readLinger, type Linger, type ManagerOptions, type TimerFacts } from './user-manager.ts';

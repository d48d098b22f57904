/** The failures of `schedule`: units that cannot be written or taken away, and scheduled runs that did not end well. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const SCHEDULE_FAILURES = {
  SCHEDULE_NO_SYSTEMD: {
    exitCode: 1,
    summary: 'No systemd user manager answers, or systemctl is not there, so that no unit can be started.',
    hint: 'Log in as that user (not with su or sudo), or only write the units with --no-start.',
    aftermath: 'unchanged',
  },
  SCHEDULE_SYSTEMCTL_FAILED: {
    exitCode: 1,
    summary: 'The units are written, and systemctl refused to load, enable or start them.',
    hint: 'Look at the reason given, then run the same command again: milton schedule status',
    aftermath: 'partial',
  },
  SCHEDULE_UNIT_FOREIGN: {
    exitCode: 3,
    summary: 'A unit of the name that the schedule needs is there, and Milton Edge did not write it.',
    hint: 'Look at the file named, and move it away if it is not needed.',
    aftermath: 'unchanged',
  },
  SCHEDULE_VALUE_UNFIT: {
    exitCode: 2,
    summary: 'A path or a name cannot be written into a systemd unit.',
    hint: 'Choose another path; systemd knows none with control characters.',
    aftermath: 'unchanged',
  },
  SCHEDULE_PROGRAM_FLEETING: {
    exitCode: 3,
    summary: 'The command runs from a cache of npx, which may be emptied at any time.',
    hint: 'Install it first, then schedule: npm install -g milton-edge',
    aftermath: 'unchanged',
  },
  SCHEDULE_BUSY: {
    exitCode: 1,
    summary: 'Another scheduled run is at work on this state directory.',
    hint: 'Wait for it to end; milton schedule status shows since when it runs.',
    aftermath: 'unchanged',
  },
  SCHEDULE_BENCH_FAILED: {
    exitCode: 1,
    summary: 'The benchmark command of a scheduled run failed or took too long.',
    hint: 'Read what it printed (journalctl --user -u milton-schedule), and run it by hand; --bench-timeout gives it longer.',
    aftermath: 'unchanged',
  },
  SCHEDULE_NO_NEW_RUN: {
    exitCode: 1,
    summary: 'The benchmark command ended well and wrote no new benchmark run.',
    hint: 'Let it write benchmark_YYYYMMDD_HHMMSS.json into benchmarks/runs of $MILTON_STATE_DIR.',
    aftermath: 'unchanged',
  },
} as const satisfies FailureCatalogue;

export type ScheduleCode = keyof typeof SCHEDULE_FAILURES;

export class ScheduleFailure extends Failure<ScheduleCode> {
  constructor(code: ScheduleCode, message: string, options?: FailureOptions) {
    super(SCHEDULE_FAILURES, code, message, options);
  }
}

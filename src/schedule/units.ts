/** The texts of the three units: the run, its timer, and what settles an unfinished deployment at boot. Pure. */
import { toHardening } from './hardening.ts';
import { RESUME_UNIT, RUN_UNIT, TIMER_UNIT, type ScheduleSettings, type Unit } from './settings.ts';
import {
  toExecStart,
  toSinglePath,
  toUnitText,
  toWord,
  type Directive,
  type Section,
} from './unit-syntax.ts';

/** The first line of every unit of ours: nothing without it is ever replaced or removed. */
export const MARKER = '# Written by milton schedule install; milton schedule remove takes it away.';

/** Throws `SCHEDULE_VALUE_UNFIT`. */
export function toUnits(settings: ScheduleSettings): readonly Unit[] {
  return [
    { name: RUN_UNIT, text: toText(runSections(settings)) },
    { name: TIMER_UNIT, text: toText(timerSections(settings)) },
    { name: RESUME_UNIT, text: toText(resumeSections(settings)) },
  ];
}

function runSections(settings: ScheduleSettings): readonly Section[] {
  const { program, stateDir, runArgs, timeLimitMs, limits } = settings;
  return [
    { name: 'Unit', directives: [['Description', 'Milton Edge: benchmark the models, and deploy the best']] },
    {
      name: 'Service',
      directives: [
        ...processOf([...program, 'schedule', 'run', '--state-dir', stateDir, ...runArgs], settings),
        ['TimeoutStartSec', toSeconds(timeLimitMs)],
        ['Nice', '10'],
        ['CPUWeight', '20'],
        ...(limits.cpuQuotaPercent === null ? [] : [['CPUQuota', `${limits.cpuQuotaPercent}%`] as const]),
        ['IOSchedulingClass', 'idle'],
        ['MemoryMax', limits.memoryMax],
        // The load test is the first to be killed when memory runs out; what started it must live to say so.
        ['OOMPolicy', 'continue'],
        ...toHardening(settings),
      ],
    },
  ];
}

function timerSections({ everyHours, randomDelayMs, afterBootMs }: ScheduleSettings): readonly Section[] {
  const hours = everyHours === 24 ? '00' : `00/${everyHours}`;
  return [
    { name: 'Unit', directives: [['Description', 'Milton Edge: when to benchmark the models']] },
    {
      name: 'Timer',
      directives: [
        ['OnCalendar', `*-*-* ${hours}:00:00`],
        // Of the user manager: at boot where lingering is on, else at the first login.
        ['OnStartupSec', toSeconds(afterBootMs)],
        ['RandomizedDelaySec', toSeconds(randomDelayMs)],
        // What was missed while the machine slept or was off is made up for, once.
        ['Persistent', 'true'],
        ['Unit', RUN_UNIT],
      ],
    },
    { name: 'Install', directives: [['WantedBy', 'timers.target']] },
  ];
}

function resumeSections(settings: ScheduleSettings): readonly Section[] {
  const { program, stateDir, before } = settings;
  // A server that starts afterwards needs no restart; one that is not known here may be running.
  const restart = before.length > 0 ? ['--no-restart'] : [];
  return [
    {
      name: 'Unit',
      directives: [
        ['Description', 'Milton Edge: settle a deployment that a crash left unfinished'],
        ...(before.length > 0 ? [['Before', before.join(' ')] as const] : []),
      ],
    },
    {
      name: 'Service',
      directives: [
        ...processOf([...program, 'resume', '--state-dir', stateDir, ...restart], settings),
        ['RemainAfterExit', 'yes'],
        ['TimeoutStartSec', '15min'],
        ...toHardening(settings),
      ],
    },
    { name: 'Install', directives: [['WantedBy', 'default.target']] },
  ];
}

function processOf(words: readonly string[], settings: ScheduleSettings): readonly Directive[] {
  const { workingDirectory, searchPath } = settings;
  return [
    ['Type', 'oneshot'],
    ['ExecStart', toExecStart(words)],
    ...(searchPath === null ? [] : [['Environment', toWord(`PATH=${searchPath}`)] as const]),
    // One that is gone is the command's to miss.
    ['WorkingDirectory', toSinglePath(workingDirectory, '-')],
    // Only the command itself is asked to stop: it puts the target back first, and ends what it started.
    ['KillMode', 'mixed'],
    ['TimeoutStopSec', '10min'],
  ];
}

function toText(sections: readonly Section[]): string {
  return toUnitText([MARKER.slice(2)], sections);
}

function toSeconds(ms: number): string {
  return `${Math.ceil(ms / 1000)}s`;
}

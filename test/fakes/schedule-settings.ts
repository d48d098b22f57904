/** Settings of a schedule for tests; every field can be overridden. */
import type { ScheduleSettings } from '../../src/schedule/index.ts';

export function toSettings(rest: Partial<ScheduleSettings> = {}): ScheduleSettings {
  return {
    program: ['/usr/bin/node', '/opt/milton/dist/cli/main.js'],
    stateDir: '/var/lib/milton',
    runArgs: ['--bench-command=./bench'],
    everyHours: 6,
    randomDelayMs: 1_800_000,
    afterBootMs: 300_000,
    timeLimitMs: 21_600_000,
    writablePaths: ['/srv'],
    workingDirectory: '/opt',
    searchPath: '/usr/local/bin:/usr/bin',
    limits: { memoryMax: '80%', cpuQuotaPercent: null },
    before: [],
    ...rest,
  };
}

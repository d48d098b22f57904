import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARKER, toUnits } from '../../../src/schedule/units.ts';
import type { ScheduleSettings } from '../../../src/schedule/settings.ts';
import { toSettings } from '../../fakes/schedule-settings.ts';
import { readExecStart, readPathList, readSection, readValue } from '../../fakes/systemd-syntax.ts';

function unitsOf(rest: Partial<ScheduleSettings> = {}): Readonly<Record<'run' | 'timer' | 'resume', string>> {
  const texts = new Map(toUnits(toSettings(rest)).map(({ name, text }) => [name, text]));
  return {
    run: texts.get('milton-schedule.service') ?? '',
    timer: texts.get('milton-schedule.timer') ?? '',
    resume: texts.get('milton-resume.service') ?? '',
  };
}

describe('the units', () => {
  it('bear the mark of whoever wrote them on the first line', () => {
    const units = toUnits(toSettings());
    expect(units).toHaveLength(3);
    for (const { text } of units) expect(text.split('\n')[0]).toBe(MARKER);
  });

  it('name node, the command and the state directory by absolute paths', () => {
    const { run, resume } = unitsOf();
    const program = ['/usr/bin/node', '/opt/milton/dist/cli/main.js'];
    const state = ['--state-dir', '/var/lib/milton'];
    expect(readExecStart(readValue(run, 'Service', 'ExecStart'))).toEqual([
      ...program,
      'schedule',
      'run',
      ...state,
      '--bench-command=./bench',
    ]);
    expect(readExecStart(readValue(resume, 'Service', 'ExecStart'))).toEqual([
      ...program,
      'resume',
      ...state,
    ]);
  });

  it('never hold a value that reads as more than one line', () => {
    const hostile = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(hostile, (text) => {
        const { run } = unitsOf({ runArgs: [text] });
        expect(readSection(run, 'Service')).toHaveLength(readSection(unitsOf().run, 'Service').length);
      }),
    );
  });
});

describe('the timer', () => {
  it('runs every six hours, up to half an hour late, makes up for a sleep, and starts after boot', () => {
    expect(readSection(unitsOf().timer, 'Timer')).toEqual([
      ['OnCalendar', '*-*-* 00/6:00:00'],
      ['OnStartupSec', '300s'],
      ['RandomizedDelaySec', '1800s'],
      ['Persistent', 'true'],
      ['Unit', 'milton-schedule.service'],
    ]);
  });

  it('runs once a day where that is asked for', () => {
    expect(readValue(unitsOf({ everyHours: 24 }).timer, 'Timer', 'OnCalendar')).toBe('*-*-* 00:00:00');
  });
});

describe('the run', () => {
  it('gives way to everything else, and is limited', () => {
    const service = new Map(readSection(unitsOf().run, 'Service'));
    expect(Object.fromEntries(service)).toMatchObject({
      Nice: '10',
      CPUWeight: '20',
      IOSchedulingClass: 'idle',
      MemoryMax: '80%',
      OOMPolicy: 'continue',
      KillMode: 'mixed',
      TimeoutStartSec: '21600s',
    });
    expect(service.has('CPUQuota')).toBe(false);
    const limited = unitsOf({ limits: { memoryMax: '6G', cpuQuotaPercent: 150 } }).run;
    expect(readValue(limited, 'Service', 'CPUQuota')).toBe('150%');
    expect(readValue(limited, 'Service', 'MemoryMax')).toBe('6G');
  });

  it('sees all but its own folders as read-only, in a namespace that a user manager can make', () => {
    const service = Object.fromEntries(readSection(unitsOf().run, 'Service'));
    expect(service).toMatchObject({
      PrivateUsers: 'yes',
      NoNewPrivileges: 'yes',
      PrivateTmp: 'yes',
      ProtectSystem: 'strict',
      ProtectHome: 'read-only',
    });
    expect(readPathList(service['ReadWritePaths'] ?? '')).toEqual(['-/var/lib/milton', '-/srv']);
  });

  it('lists a folder within another one once', () => {
    const { run } = unitsOf({ writablePaths: ['/srv/llm/a', '/srv', '/var/lib/milton/x', '/srvx'] });
    expect(readPathList(readValue(run, 'Service', 'ReadWritePaths'))).toEqual([
      '-/var/lib/milton',
      '-/srv',
      '-/srvx',
    ]);
  });

  it('keeps the /tmp of all where something lies in it, which a private one would hide', () => {
    for (const rest of [
      { writablePaths: ['/tmp/x'] },
      { stateDir: '/var/tmp/x' },
      { workingDirectory: '/tmp' },
      { program: ['/usr/bin/node', '/tmp/milton/main.js'] as const },
    ]) {
      const { run } = unitsOf(rest);
      expect(readValue(run, 'Service', 'PrivateTmp')).toBe('no');
      expect(readPathList(readValue(run, 'Service', 'ReadWritePaths'))).toContain('-/tmp');
    }
  });

  it('may still reach the bus of systemctl, and make code at run time', () => {
    const service = Object.fromEntries(readSection(unitsOf().run, 'Service'));
    expect(service['RestrictAddressFamilies']).toContain('AF_UNIX');
    expect(service).not.toHaveProperty('MemoryDenyWriteExecute');
    expect(service).not.toHaveProperty('PrivateDevices');
    expect(service).not.toHaveProperty('ProtectClock');
    expect(service).not.toHaveProperty('ProcSubset');
  });
});

describe('the unit at boot', () => {
  it('comes before the servers that are named, and leaves them alone', () => {
    const { resume } = unitsOf({ before: ['llm.service', 'chat@1.service'] });
    expect(readValue(resume, 'Unit', 'Before')).toBe('llm.service chat@1.service');
    expect(readExecStart(readValue(resume, 'Service', 'ExecStart')).at(-1)).toBe('--no-restart');
    expect(readValue(resume, 'Install', 'WantedBy')).toBe('default.target');
  });

  it('restarts the server as the journal says where none is named', () => {
    const { resume } = unitsOf();
    expect(readSection(resume, 'Unit').map(([key]) => key)).not.toContain('Before');
    expect(resume).not.toContain('--no-restart');
  });
});

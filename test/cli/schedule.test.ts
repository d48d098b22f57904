import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { readExecStart, readPathList, readValue } from '../fakes/systemd-syntax.ts';
import { fakeManager, type FakeManager } from '../fakes/user-manager.ts';
import { MAIN, runMilton, useFolder, type Finished } from './run-milton.ts';

const place = useFolder();
let manager: FakeManager;

beforeAll(async () => {
  manager = await fakeManager(place.folder);
});

const at = (...path: string[]): string => join(place.folder, ...path);
const units = (): string => at('config/systemd/user');
const milton = (...args: string[]): Promise<Finished> =>
  runMilton(args, { env: { ...manager.env, MILTON_STATE_DIR: at('state') }, cwd: place.folder });
const document = async (...args: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await milton(...args, '--json')).stdout) as Record<string, unknown>;

describe('milton schedule install', () => {
  const DEPLOYING = ['--bench-command', "./bench 'a  b' 100% $X", '--deploy', '--target-path', 'srv/llm'];
  const SERVER = [
    '--restart-command',
    'systemctl --user restart llm',
    '--command-timeout',
    '90s',
    '--before',
    'llm',
  ];

  it('writes units that run this very command as it was asked for, and starts the timer', async () => {
    const { exitCode, stdout, stderr } = await milton('schedule', 'install', ...DEPLOYING, ...SERVER);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('warning SCHEDULE_TMP_SHARED');
    expect(stdout).toContain('scheduled  every 6 hours');
    const text = await readFile(join(units(), 'milton-schedule.service'), 'utf8');
    expect(readExecStart(readValue(text, 'Service', 'ExecStart'))).toEqual([
      process.execPath,
      MAIN,
      'schedule',
      'run',
      '--state-dir',
      at('state'),
      "--bench-command=./bench 'a  b' 100% $X",
      '--deploy',
      `--target-path=${at('srv/llm')}`,
      '--restart-command=systemctl --user restart llm',
      '--command-timeout=90s',
    ]);
    expect(readPathList(readValue(text, 'Service', 'ReadWritePaths'))).toEqual(
      expect.arrayContaining([`-${at('state')}`, `-${at('srv')}`]),
    );
    const resume = await readFile(join(units(), 'milton-resume.service'), 'utf8');
    expect(readValue(resume, 'Unit', 'Before')).toBe('llm.service');
    expect(await readdir(at('state'))).toEqual([]);
    expect((await manager.calls()).map((call) => call.split(' ').slice(3).join(' '))).toContain(
      'enable --now milton-schedule.timer',
    );
  });

  it('what the unit calls is a command that can be called', async () => {
    const text = await readFile(join(units(), 'milton-schedule.service'), 'utf8');
    const [, , ...args] = readExecStart(readValue(text, 'Service', 'ExecStart'));
    const { exitCode, stderr } = await milton(...args);
    // There is no ./bench here; everything before it was understood.
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('error SCHEDULE_BENCH_FAILED') as string,
    });
  });

  it('brings them up to date, and says what changed', async () => {
    expect(await document('schedule', 'install', ...DEPLOYING, ...SERVER, '--every', '12h')).toMatchObject({
      ok: true,
      started: true,
      linger: 'on',
      target_path: at('srv/llm'),
      units: [{ change: 'unchanged' }, { change: 'updated' }, { change: 'unchanged' }],
    });
  });

  it('warns that nothing runs without a login where lingering is off, with the command', async () => {
    await manager.set('loginctl', 'echo Linger=no; exit 0');
    const { stderr } = await milton('schedule', 'install', '--bench-command', 'true');
    expect(stderr).toMatch(/warning SCHEDULE_LINGER_OFF: .*loginctl enable-linger \S+/);
    expect((await milton('schedule', 'status')).stdout).toMatch(/lingering +off: .*loginctl enable-linger/);
    await manager.set('loginctl', '');
  });

  it.each([
    [['--restart-command', 'x'], '--restart-command'],
    [['--min-gain', '0.1', '--target-path', 'x'], '--min-gain, --target-path'],
  ])('refuses %j where nothing is deployed', async (args, names) => {
    const { error } = await document('schedule', 'install', '--bench-command', 'true', ...args);
    expect(error).toMatchObject({ code: 'CLI_USAGE', details: { received: names } });
  });

  it.each([
    [['--health-interval', '2s'], 'CLI_USAGE'],
    [['--thresholds', 'cove=x'], 'SELECT_THRESHOLDS_INVALID'],
    [['--before', 'a b'], 'SCHEDULE_VALUE_UNFIT'],
    [['--writable', 'a\nb'], 'SCHEDULE_VALUE_UNFIT'],
    [['--memory-max', 'much'], 'CLI_USAGE'],
    [['--every', '5h'], 'CLI_USAGE'],
    [['--bundle', 'x'], 'CLI_USAGE'],
  ])('refuses %j at once, not when the timer is due', async (args, code) => {
    const { error } = await document('schedule', 'install', '--bench-command', 'true', '--deploy', ...args);
    expect(error).toMatchObject({ code });
  });

  it('says in one error that there is no systemd to start it, and writes with --no-start', async () => {
    const env = { PATH: at('nowhere'), XDG_CONFIG_HOME: at('other'), MILTON_STATE_DIR: at('state') };
    const args = ['schedule', 'install', '--bench-command', 'true'];
    const refused = await runMilton(args, { env, cwd: place.folder });
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain('error SCHEDULE_NO_SYSTEMD');
    expect(refused.stderr).toContain('--no-start');
    const written = await runMilton([...args, '--no-start'], { env, cwd: place.folder });
    expect(written.exitCode).toBe(0);
    expect(written.stdout).toContain('systemctl --user daemon-reload');
    expect(await readdir(at('other/systemd/user'))).toHaveLength(3);
  });
});

describe('milton schedule print', () => {
  it('shows what install would write, and touches nothing', async () => {
    const env = { ...manager.env, XDG_CONFIG_HOME: at('printed'), MILTON_STATE_DIR: at('printed-state') };
    const args = ['schedule', 'print', '--bench-command', 'true'];
    await manager.forget();
    const { exitCode, stdout } = await runMilton(args, { env, cwd: place.folder });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('[Timer]\nOnCalendar=');
    expect(await manager.calls()).toEqual([]);
    const before = await readdir(place.folder);
    expect(before).not.toContain('printed');
    expect(before).not.toContain('printed-state');
    const shown = JSON.parse((await runMilton([...args, '--json'], { env, cwd: place.folder })).stdout) as {
      units: { name: string; text: string }[];
    };
    await runMilton(['schedule', 'install', '--bench-command', 'true'], { env, cwd: place.folder });
    for (const { name, text } of shown.units) {
      expect(await readFile(at('printed/systemd/user', name), 'utf8')).toBe(text);
    }
  });
});

describe('milton schedule status', () => {
  it('tells the units, the timer and the next run', async () => {
    expect(await document('schedule', 'status')).toMatchObject({
      ok: true,
      installed: true,
      timer: { active: true, enabled: true, next_run: '2026-01-01T00:00:00.000Z' },
      linger: 'on',
      linger_command: null,
    });
    expect((await milton('schedule', 'status')).stdout).toMatch(/next run +2026-01-01 00:00:00 UTC/);
  });

  it('works where there is no systemd', async () => {
    const env = { PATH: at('nowhere'), MILTON_STATE_DIR: at('fresh'), XDG_CONFIG_HOME: at('fresh') };
    const { exitCode, stdout, stderr } = await runMilton(['schedule', 'status'], { env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('none; milton schedule install');
    expect(stdout).toMatch(/timer +unknown: systemctl is not there/);
    expect(stdout).toMatch(/lingering +unknown; to have it on: loginctl enable-linger/);
  });
});

describe('milton schedule remove', () => {
  it('takes the units away, and has nothing to do after that', async () => {
    expect((await document('schedule', 'remove'))['removed']).toHaveLength(3);
    expect(await readdir(units())).toEqual([]);
    const { exitCode, stdout } = await milton('schedule', 'remove');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Nothing is scheduled');
  });
});

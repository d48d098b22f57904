import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installSchedule, readSchedule, removeSchedule, unitFolder } from '../../src/schedule/index.ts';
import { stateDirectory } from '../../src/system/index.ts';
import { toSettings } from '../fakes/schedule-settings.ts';
import { fakeManager, type FakeManager } from '../fakes/user-manager.ts';

let base: string;
let folder: string;
let manager: FakeManager;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'milton-schedule-'));
  manager = await fakeManager(base);
  folder = unitFolder(manager.env);
});

afterEach(() => rm(base, { recursive: true, force: true }));

const install = (settings = toSettings(), start = true) =>
  installSchedule(settings, { folder, env: manager.env, start });
const remove = () => removeSchedule({ folder, env: manager.env });
const status = () => readSchedule({ state: stateDirectory(join(base, 'state')), folder, env: manager.env });
const NAMES = ['milton-resume.service', 'milton-schedule.service', 'milton-schedule.timer'];

describe('installSchedule', () => {
  it('writes the units, has systemd read them, starts the timer and enables what settles at boot', async () => {
    const { units, started } = await install();
    expect(started).toBe(true);
    expect(units.map(({ change }) => change)).toEqual(['created', 'created', 'created']);
    expect(await readdir(folder)).toEqual(NAMES);
    expect(await manager.calls()).toEqual([
      'systemctl --user --no-pager show --property=Version',
      'systemctl --user --no-pager daemon-reload',
      'systemctl --user --no-pager enable --now milton-schedule.timer',
      'systemctl --user --no-pager enable milton-resume.service',
    ]);
  });

  it('changes nothing the second time, and only what differs after that', async () => {
    await install();
    const path = join(folder, 'milton-schedule.service');
    await utimes(path, 1, 1);
    const { units } = await install();
    expect(units.map(({ change }) => change)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    expect((await stat(path)).mtimeMs).toBe(1000);
    const changed = await install(toSettings({ everyHours: 12 }));
    expect(changed.units.map(({ change }) => change)).toEqual(['unchanged', 'updated', 'unchanged']);
    expect(await readFile(join(folder, 'milton-schedule.timer'), 'utf8')).toContain('00/12:00:00');
  });

  it('tells systemd nothing where that is asked for', async () => {
    await install(toSettings(), false);
    expect(await manager.calls()).toEqual([]);
    expect(await readdir(folder)).toEqual(NAMES);
  });

  it.each([
    ['no manager answers', 'echo "Failed to connect to bus: No medium found" >&2; exit 1', 'No medium found'],
    ['systemctl hangs up', 'kill -9 $$', 'SIGKILL'],
  ])('writes nothing where %s: SCHEDULE_NO_SYSTEMD', async (_, lines, why) => {
    await manager.set('systemctl', lines);
    await expect(install()).rejects.toMatchObject({
      code: 'SCHEDULE_NO_SYSTEMD',
      exitCode: 1,
      aftermath: 'unchanged',
      message: expect.stringContaining(why) as string,
    });
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  it('writes nothing where there is no systemctl', async () => {
    const env = { ...manager.env, PATH: join(base, 'nothing') };
    await expect(installSchedule(toSettings(), { folder, env, start: true })).rejects.toMatchObject({
      code: 'SCHEDULE_NO_SYSTEMD',
      message: expect.stringContaining('systemctl is not there') as string,
    });
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  it('says what systemctl refused once the units are written: SCHEDULE_SYSTEMCTL_FAILED', async () => {
    await manager.set('systemctl', 'case "$*" in *enable*) echo "Unit is bad." >&2; exit 1 ;; esac');
    await expect(install()).rejects.toMatchObject({
      code: 'SCHEDULE_SYSTEMCTL_FAILED',
      aftermath: 'partial',
      message: 'systemctl --user enable --now milton-schedule.timer failed: Unit is bad.',
    });
  });

  it.each([
    ['a file', (path: string) => writeFile(path, '[Service]\nExecStart=/bin/true\n')],
    ['a mask', (path: string) => symlink('/dev/null', path)],
    ['a folder', (path: string) => mkdir(path)],
  ])('leaves %s of that name alone: SCHEDULE_UNIT_FOREIGN', async (_, make) => {
    await mkdir(folder, { recursive: true });
    await make(join(folder, 'milton-resume.service'));
    const refused = { code: 'SCHEDULE_UNIT_FOREIGN', exitCode: 3, aftermath: 'unchanged' };
    await expect(install()).rejects.toMatchObject(refused);
    await expect(remove()).rejects.toMatchObject(refused);
    expect(await readdir(folder)).toEqual(['milton-resume.service']);
    expect((await manager.calls()).filter((call) => /enable|disable|reload/.test(call))).toEqual([]);
  });

  it('writes nothing where a path cannot stand in a unit', async () => {
    await expect(install(toSettings({ writablePaths: ['/a\nb'] }))).rejects.toMatchObject({
      code: 'SCHEDULE_VALUE_UNFIT',
    });
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });
});

describe('removeSchedule', () => {
  it('takes away what was installed, and nothing else', async () => {
    await install();
    await writeFile(join(folder, 'other.service'), '[Service]\n');
    await manager.forget();
    expect((await remove()).removed).toHaveLength(3);
    expect(await readdir(folder)).toEqual(['other.service']);
    expect(await manager.calls()).toEqual([
      'systemctl --user --no-pager show --property=Version',
      'systemctl --user --no-pager disable --now milton-schedule.timer milton-resume.service',
      'systemctl --user --no-pager daemon-reload',
      'systemctl --user --no-pager reset-failed milton-schedule.service',
    ]);
    await manager.forget();
    expect(await remove()).toEqual({ removed: [], untold: null });
    expect(await manager.calls()).toEqual([]);
  });

  it('removes the files, and the links that enabled them, where no manager answers, and says so', async () => {
    await install(toSettings(), false);
    await mkdir(join(folder, 'timers.target.wants'));
    await symlink(join(folder, NAMES[2] ?? ''), join(folder, 'timers.target.wants', NAMES[2] ?? ''));
    await manager.set('systemctl', 'exit 1');
    const { removed, untold } = await remove();
    expect({ count: removed.length >= 3, untold }).toEqual({ count: true, untold: 'exit code 1' });
    expect(await readdir(folder)).toEqual(['timers.target.wants']);
    expect(await readdir(join(folder, 'timers.target.wants'))).toEqual([]);
  });
});

describe('readSchedule', () => {
  it('tells the timer, the next run and lingering', async () => {
    await install();
    expect(await status()).toMatchObject({
      timer: { active: true, enabled: true, nextRun: new Date('2026-01-01T00:00:00Z'), lastTrigger: null },
      unreachable: null,
      linger: 'on',
      lastRun: { kind: 'none' },
    });
  });

  it.each([
    ['echo Linger=no', 'off'],
    ['echo "Failed to get user: User ID 0 is not logged in or lingering" >&2; exit 1', 'off'],
    ['echo "Failed to connect to bus" >&2; exit 1', 'unknown'],
  ])('understands loginctl: %s', async (lines, linger) => {
    await manager.set('loginctl', `${lines}\nexit 0`);
    expect((await status()).linger).toBe(linger);
  });

  it('does not fail on words that it does not understand, nor without systemd', async () => {
    await manager.set('systemctl', 'case "$*" in *list-timers*) echo "NEXT LEFT"; exit 0 ;; esac');
    expect(await status()).toMatchObject({ timer: { active: true, nextRun: null } });
    await manager.set('systemctl', 'exit 1');
    await manager.set('loginctl', 'exit 1');
    expect(await status()).toMatchObject({ timer: null, unreachable: 'exit code 1', linger: 'unknown' });
  });
});

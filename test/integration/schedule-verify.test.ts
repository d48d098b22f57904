/** What systemd itself says about the units. Skipped, loudly, where there is no systemd-analyze. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERY_HOURS, toUnits, type ScheduleSettings } from '../../src/schedule/index.ts';
import { toSettings } from '../fakes/schedule-settings.ts';

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'milton-verify-'));
  await mkdir(join(base, 'run'), { mode: 0o700 });
});

afterAll(() => rm(base, { recursive: true, force: true }));

/** Everything that systemd-analyze prints: it exits with 0 on a line that it does not understand. */
async function verify(
  rest: Partial<ScheduleSettings>,
  edit: (text: string) => string = String,
): Promise<string> {
  const folder = await mkdtemp(join(base, 'units-'));
  const program = rest.program ?? ([process.execPath, '/opt/milton/main.js'] as const);
  const units = toUnits(toSettings({ ...rest, program }));
  for (const { name, text } of units) await writeFile(join(folder, name), edit(text));
  const paths = units.map(({ name }) => join(folder, name));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--user', ...paths], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: base, XDG_RUNTIME_DIR: join(base, 'run') },
  });
  return `${stdout}${stderr}${status === 0 ? '' : `exit code ${status ?? '-'}`}`;
}

/** A program that is really there: systemd-analyze looks for the file that it reads out of ExecStart. */
async function programIn(name: string): Promise<ScheduleSettings['program']> {
  const folder = join(base, name);
  await mkdir(folder, { recursive: true });
  await symlink(process.execPath, join(folder, 'node')).catch(() => undefined);
  return [join(folder, 'node'), join(folder, 'main.js')];
}

const HOSTILE = [
  'a b',
  '100%',
  '%n %h',
  '"quoted"',
  "it's",
  'back\\slash',
  '$HOME ${X}',
  'ünï 🦙',
  ';',
  '#x',
  '-x',
  'a=b',
];

describe.skipIf(!hasAnalyze)('systemd-analyze verify (needs systemd)', () => {
  it('has nothing to say about the plain units', async () => {
    expect(await verify({})).toBe('');
  });

  it('would say so if a directive were misspelt', async () => {
    expect(await verify({}, (text) => text.replace('NoNewPrivileges', 'NoNewPriviledges'))).toContain(
      'NoNewPriviledges',
    );
  });

  it('would say so if the program were read as another path', async () => {
    const program = await programIn('%h');
    expect(await verify({ program }, (text) => text.replaceAll('%%', '%'))).not.toBe('');
  });

  it.each(HOSTILE)('reads %j as it is in programs, folders, arguments and paths', async (name) => {
    const program = await programIn(name);
    const path = join(base, name);
    expect(
      await verify({
        program,
        stateDir: path,
        writablePaths: [`/srv/${name}`, '/srv/x'],
        workingDirectory: `${path}.`,
        searchPath: `/usr/bin:${path}`,
        runArgs: [`--bench-command=${name}\n${name}\t"`, name, `--target-path=${path}`],
      }),
    ).toBe('');
  });

  it.each(EVERY_HOURS)('knows every interval: %d h', async (everyHours) => {
    expect(await verify({ everyHours, randomDelayMs: everyHours * 1000, afterBootMs: 1 })).toBe('');
  });

  it.each([
    ['infinity', null],
    ['1%', 1],
    ['6G', 1600],
  ])('knows the limits %s and %s', async (memoryMax, cpuQuotaPercent) => {
    expect(await verify({ limits: { memoryMax, cpuQuotaPercent } })).toBe('');
  });

  it('knows the units that come after', async () => {
    expect(await verify({ before: ['llm.service', 'chat@1.service', 'a\\x2db.service'] })).toBe('');
  });
});

/** The units as files: where they lie, whose they are, and writing or removing ours and nobody else's. */
import { lstat, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { escapeText, isErrno } from '../core/index.ts';
import { makeDirectory, syncDirectory, toSystemFailure, writeFileAtomic } from '../system/index.ts';
import { ScheduleFailure } from './error.ts';
import { RESUME_UNIT, TIMER_UNIT, UNIT_NAMES, type Unit } from './settings.ts';
import { MARKER } from './units.ts';

export type UnitState = 'ours' | 'foreign' | 'missing';

export interface UnitFile {
  readonly name: string;
  readonly path: string;
  readonly state: UnitState;
  /** Only of ours. */
  readonly text: string | null;
}

export type UnitChange = 'created' | 'updated' | 'unchanged';

/** `$XDG_CONFIG_HOME/systemd/user`, else `~/.config/systemd/user` (systemd.unit(5), "Unit File Load Path"). */
export function unitFolder(env: Readonly<Record<string, string | undefined>>, home = homedir()): string {
  const base = env['XDG_CONFIG_HOME'];
  return join(base !== undefined && isAbsolute(base) ? base : join(home, '.config'), 'systemd/user');
}

export async function readUnits(folder: string): Promise<readonly UnitFile[]> {
  return Promise.all(UNIT_NAMES.map((name) => readUnit(name, join(folder, name))));
}

/** Throws `SCHEDULE_UNIT_FOREIGN` with the first that is not ours. */
export function assertOurs(units: readonly UnitFile[]): void {
  const foreign = units.find(({ state }) => state === 'foreign');
  if (foreign === undefined) return;
  throw new ScheduleFailure(
    'SCHEDULE_UNIT_FOREIGN',
    `${escapeText(foreign.path)} was not written by Milton Edge.`,
    {
      details: { path: foreign.path, expected: MARKER, received: 'a file without that first line' },
    },
  );
}

/** Writes what differs. Throws `SYSTEM_*`. */
export async function writeUnits(
  folder: string,
  { units, before }: { readonly units: readonly Unit[]; readonly before: readonly UnitFile[] },
): Promise<readonly { readonly name: string; readonly path: string; readonly change: UnitChange }[]> {
  await makeDirectory(folder);
  const written = [];
  for (const { name, text } of units) {
    const path = join(folder, name);
    const old = before.find((unit) => unit.name === name)?.text ?? null;
    const change: UnitChange = old === null ? 'created' : old === text ? 'unchanged' : 'updated';
    if (change !== 'unchanged') await writeFileAtomic(path, text);
    written.push({ name, path, change });
  }
  return written;
}

/** Removes ours; gives back their paths. Throws `SYSTEM_*`. */
export async function removeUnits(folder: string, units: readonly UnitFile[]): Promise<readonly string[]> {
  const ours = units.filter(({ state }) => state === 'ours').map(({ path }) => path);
  for (const path of [...ours, ...(await findWants(folder, units))]) {
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw toSystemFailure(error, { path, action: 'write' });
    }
  }
  if (ours.length > 0) await syncDirectory(folder);
  return ours;
}

/** The links that enabled ours: systemctl takes them away itself, where there is a manager to ask. */
async function findWants(folder: string, units: readonly UnitFile[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name, state } of units) {
    const wants = WANTS[name];
    if (state !== 'ours' || wants === undefined) continue;
    const path = join(folder, wants, name);
    const isLink = await lstat(path).then(
      (stat) => stat.isSymbolicLink(),
      () => false,
    );
    if (isLink) found.push(path);
  }
  return found;
}

const WANTS: Readonly<Record<string, string>> = {
  [TIMER_UNIT]: 'timers.target.wants',
  [RESUME_UNIT]: 'default.target.wants',
};

async function readUnit(name: string, path: string): Promise<UnitFile> {
  try {
    // A link to /dev/null is how systemctl masks a unit: somebody's decision, not ours to undo.
    if (!(await lstat(path)).isFile()) return { name, path, state: 'foreign', text: null };
    const text = await readFile(path, 'utf8');
    const isOurs = text.startsWith(`${MARKER}\n`);
    return { name, path, state: isOurs ? 'ours' : 'foreign', text: isOurs ? text : null };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return { name, path, state: 'missing', text: null };
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

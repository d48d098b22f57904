/** Finds the run that is meant: the newest by name, or the one that was named. Never another one in its stead. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { escapeText, Failure, isErrno, quoteWord } from '../core/index.ts';
import { fileIdentity, toSystemFailure } from '../system/index.ts';
import { EvidenceFailure } from './error.ts';
import { MAX_RUNS_SEARCHED } from './limits.ts';
import { loadRun } from './run-file.ts';
import { compareRunNames, isRunFileName } from './run-name.ts';
import { assertRunUsable, isRunUsable } from './run-usable.ts';
import type { LoadedRun } from './types.ts';

export interface FindNewestRunOptions {
  readonly now: Date;
}

export interface ResolveRunOptions {
  /** What a name stands behind on the command line, for the hint: an option, or a command of which it is the operand. */
  readonly behind?: string;
}

/**
 * The last run by name. Throws `EVIDENCE_NO_RUN`; `EVIDENCE_RUN_DRY`, `EVIDENCE_RUN_INCOMPLETE` or `EVIDENCE_RUN_FUTURE`
 * with the newest complete run named, which is not used unless asked for; and what {@link loadRun} throws.
 */
export async function findNewestRun(runsDir: string, { now }: FindNewestRunOptions): Promise<LoadedRun> {
  const [newest, ...older] = await listRunFiles(runsDir);
  if (newest === undefined) throw noRun(runsDir);
  const loaded = await loadRun(join(runsDir, newest));
  if (!isRunUsable(loaded, { now })) {
    assertRunUsable(loaded, { now, newestComplete: await findComplete(older, { runsDir, now }) });
  }
  return loaded;
}

/**
 * The run that is meant, for looking at: one that is incomplete, dry or dated in the future too. Throws `EVIDENCE_NO_RUN` and
 * what {@link loadRun} throws.
 */
export async function openRun(
  nameOrPath: string | undefined,
  runsDir: string,
  options: ResolveRunOptions = {},
): Promise<LoadedRun> {
  if (nameOrPath !== undefined) return loadRun(await resolveRunFile(nameOrPath, runsDir, options));
  const [newest] = await listRunFiles(runsDir);
  if (newest === undefined) throw noRun(runsDir);
  return loadRun(join(runsDir, newest));
}

function noRun(runsDir: string): EvidenceFailure {
  return new EvidenceFailure('EVIDENCE_NO_RUN', `There is no benchmark run in ${escapeText(runsDir)}.`, {
    details: { folder: runsDir, expected: 'benchmark_YYYYMMDD_HHMMSS.json', received: 'no such file' },
  });
}

/** The file names of all runs in a folder, newest first; none where there is no such folder. */
export async function listRunFiles(runsDir: string): Promise<readonly string[]> {
  try {
    return (await readdir(runsDir)).filter(isRunFileName).toSorted(compareRunNames);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw toSystemFailure(error, { path: runsDir, action: 'read' });
  }
}

/**
 * The absolute path of a run: a bare name is looked up in the runs folder, with or without `.json`; anything with a
 * slash is a path. Throws `EVIDENCE_NO_RUN` with what was looked for, and how to name the file of that name in the current
 * folder or else the newest run that is there.
 */
export async function resolveRunFile(
  nameOrPath: string,
  runsDir: string,
  { behind = '--benchmark-file' }: ResolveRunOptions = {},
): Promise<string> {
  const isBareName = !/[/\\]/.test(nameOrPath);
  const path = isBareName ? resolve(runsDir, nameOrPath) : resolve(nameOrPath);
  const tried = isBareName && !nameOrPath.endsWith('.json') ? [`${path}.json`, path] : [path];
  for (const candidate of tried) {
    if ((await fileIdentity(candidate)) !== null) return candidate;
  }
  const available = isBareName ? (await listRunFiles(runsDir)).slice(0, 5) : [];
  const here = isBareName ? await findHere(nameOrPath) : null;
  const hint = hintOf(behind, here, available[0]);
  const place = isBareName ? ` in ${escapeText(runsDir)}` : '';
  throw new EvidenceFailure(
    'EVIDENCE_NO_RUN',
    `There is no benchmark run ${escapeText(nameOrPath)}${place}.`,
    {
      ...(hint !== null && { hint }),
      details: { expected: tried.join(' or '), received: 'no such file', available },
    },
  );
}

/** A bare name is never looked up in the current folder, so that a stray file cannot stand in for a run. */
async function findHere(name: string): Promise<string | null> {
  for (const path of [`./${name}`, `./${name}.json`]) {
    // What cannot be looked at cannot be recommended.
    if ((await fileIdentity(path).catch(() => null)) !== null) return path;
  }
  return null;
}

function hintOf(behind: string, here: string | null, newest: string | undefined): string | null {
  if (here !== null) {
    return `A bare name is looked up in the runs folder; for the file in this folder: ${behind} ${quoteWord(here)}`;
  }
  return newest === undefined ? null : `Did you mean the newest one? ${behind} ${newest}`;
}

async function findComplete(
  fileNames: readonly string[],
  { runsDir, now }: { readonly runsDir: string; readonly now: Date },
): Promise<string | null> {
  for (const fileName of fileNames.slice(0, MAX_RUNS_SEARCHED)) {
    try {
      if (isRunUsable(await loadRun(join(runsDir, fileName)), { now })) return fileName;
    } catch (error) {
      // A run that cannot be read cannot be recommended; only the newest one is judged aloud.
      if (!(error instanceof Failure)) throw error;
    }
  }
  return null;
}

/** All runs of a folder, newest first: a file that cannot be read is listed with the reason, and hides no other. */
import { join } from 'node:path';
import { Failure } from '../core/index.ts';
import { listRunFiles } from './find-run.ts';
import { loadRun } from './run-file.ts';
import type { LoadedRun } from './types.ts';

export type ListedRun =
  | ({ readonly fileName: string; readonly failure: null } & LoadedRun)
  | { readonly fileName: string; readonly failure: Failure; readonly path: string; readonly run: null };

export interface ListedRuns {
  readonly runs: readonly ListedRun[];
  /** Of all files; more than `runs` has where there is a limit. */
  readonly total: number;
}

/** At most `limit` of the newest. Throws `SYSTEM_*` where the folder cannot be read; none where there is no such folder. */
export async function listRuns(
  runsDir: string,
  { limit = Infinity }: { readonly limit?: number } = {},
): Promise<ListedRuns> {
  const fileNames = await listRunFiles(runsDir);
  const runs: ListedRun[] = [];
  // One after the other: each may be large.
  for (const fileName of fileNames.slice(0, limit)) runs.push(await readRun(runsDir, fileName));
  return { runs, total: fileNames.length };
}

async function readRun(runsDir: string, fileName: string): Promise<ListedRun> {
  const path = join(runsDir, fileName);
  try {
    return { fileName, failure: null, ...(await loadRun(path)) };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return { fileName, failure, path, run: null };
  }
}

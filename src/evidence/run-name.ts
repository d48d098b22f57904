/** The names of run files: `benchmark_YYYYMMDD_HHMMSS.json`, UTC, so that they sort by time. Pure. */
import { compareCodeUnits } from '../core/index.ts';

/** A second run in the same second may add `-2`. */
const RUN_NAME = /^benchmark_(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})(?:-\d+)?$/;
const EXTENSION = '.json';

export function isRunFileName(fileName: string): boolean {
  return fileName.endsWith(EXTENSION) && RUN_NAME.test(stemOf(fileName));
}

/** `benchmark_20260111_202801.json` of the run id `benchmark_20260111_202801`; null where the id is no such name. */
export function toRunFileName(runId: string): string | null {
  return RUN_NAME.test(runId) ? runId + EXTENSION : null;
}

/** The moment in a run's name; null where it names none. */
export function parseRunName(fileName: string): Date | null {
  const match = RUN_NAME.exec(stemOf(fileName));
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Newest first. Compared without the extension, so that `…-2` counts as newer than the one it follows. */
export function compareRunNames(a: string, b: string): number {
  return compareCodeUnits(stemOf(b), stemOf(a));
}

function stemOf(fileName: string): string {
  return fileName.endsWith(EXTENSION) ? fileName.slice(0, -EXTENSION.length) : fileName;
}

/** Reads a run file whole, and writes a new one in one step without ever replacing another. */
import { join } from 'node:path';
import { escapeText, Failure, formatJson, toPlainJson } from '../core/index.ts';
import { makeDirectory, readJsonFile, writeFileAtomic } from '../system/index.ts';
import { EvidenceFailure } from './error.ts';
import { MAX_RUN_BYTES } from './limits.ts';
import { parseRun } from './parse-run.ts';
import { toRunFileName } from './run-name.ts';
import type { BenchmarkRun, LoadedRun } from './types.ts';

/** Throws `SYSTEM_FILE_*`, `CORE_JSON_*`, `CORE_TEXT_NOT_UTF8` and what {@link parseRun} throws. */
export async function loadRun(path: string): Promise<LoadedRun> {
  const { tree } = await readJsonFile(path, { maxBytes: MAX_RUN_BYTES });
  return { path, run: await parseRun(toPlainJson(tree), path) };
}

/**
 * Saves a run as `<runsDir>/<run_id>.json` and answers with that path. The run is read back through the schema first, so
 * that nothing is written which could not be loaded. Throws `EVIDENCE_RUN_EXISTS`, `EVIDENCE_RUN_INVALID`, `SYSTEM_*`.
 */
export async function saveRun(runsDir: string, run: BenchmarkRun): Promise<string> {
  const checked = await parseRun(run, 'the run to be saved');
  const fileName = toRunFileName(checked.metadata.run_id);
  if (fileName === null) {
    const received = escapeText(checked.metadata.run_id);
    throw new EvidenceFailure(
      'EVIDENCE_RUN_INVALID',
      `A run cannot be saved under the run id "${received}".`,
      {
        details: { field: 'metadata.run_id', expected: 'benchmark_YYYYMMDD_HHMMSS', received },
      },
    );
  }
  const path = join(runsDir, fileName);
  await makeDirectory(runsDir);
  try {
    await writeFileAtomic(path, formatJson(checked), { exclusive: true });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'SYSTEM_FILE_EXISTS') throw error;
    throw new EvidenceFailure('EVIDENCE_RUN_EXISTS', `${escapeText(path)} is there already.`, {
      details: { target: path },
      cause: error,
    });
  }
  return path;
}

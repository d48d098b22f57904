/** A run as a page: found, judged by a policy, drawn, and written in one step; nothing but an older page is replaced. */
import { dirname } from 'node:path';
import { escapeText } from '../core/index.ts';
import { openRun, toRunState, type LoadedRun } from '../evidence/index.ts';
import { isReport, renderReport, ReportFailure } from '../report/index.ts';
import { selectModel, type SelectionResult, type SelectOptions } from '../select/index.ts';
import { fileIdentity, makeDirectory, withFileSource, writeFileAtomic, type Clock } from '../system/index.ts';

export interface ReportRunRequest extends SelectOptions {
  readonly runsDir: string;
  /** A name in the runs folder, or a path; the newest run where it is not given. */
  readonly benchmarkFile?: string | undefined;
  /** An absolute path. */
  readonly htmlPath: string;
  readonly programVersion: string;
  readonly clock: Clock;
}

export interface WrittenReport {
  readonly loaded: LoadedRun;
  readonly selection: SelectionResult;
  readonly sizeBytes: number;
}

/** Throws `EVIDENCE_*`, `SELECT_*`, `REPORT_NO_CHARTS`, `REPORT_NOT_OURS`, `SYSTEM_*`. */
export async function reportRun({
  runsDir,
  benchmarkFile,
  htmlPath,
  programVersion,
  clock,
  ...policy
}: ReportRunRequest): Promise<WrittenReport> {
  await assertReplaceable(htmlPath);
  const loaded = await openRun(benchmarkFile, runsDir, { behind: `milton bench report --html FILE` });
  const selection = selectModel(loaded.run.candidates, policy);
  const now = clock.now();
  const state = toRunState(loaded, { now });
  const page = await renderReport(loaded.run, { state, selection, programVersion, madeAt: now });
  await makeDirectory(dirname(htmlPath));
  await writeFileAtomic(htmlPath, page, { beforeRename: async () => assertReplaceable(htmlPath) });
  return { loaded, selection, sizeBytes: Buffer.byteLength(page) };
}

async function assertReplaceable(path: string): Promise<void> {
  if ((await fileIdentity(path)) === null || (await isReport(await readHead(path)))) return;
  throw new ReportFailure('REPORT_NOT_OURS', `${escapeText(path)} is no report, and is not replaced.`, {
    details: { target: path, expected: 'no file, or a report', received: 'another file' },
  });
}

async function readHead(path: string): Promise<string> {
  return withFileSource(path, async (source) => {
    const bytes = await source.read(0, Math.min(source.sizeBytes, HEAD_BYTES));
    return new TextDecoder().decode(bytes);
  });
}

/** More than the mark of a page. */
const HEAD_BYTES = 256;

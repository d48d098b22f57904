/** Judges every file of a listing, once, and sorts them: what ships, what does not, and what may not. */
import { basename } from 'node:path';
import { compareCodeUnits, escapeText, throwIfAborted } from '../core/index.ts';
import { withFileSource } from '../system/index.ts';
import { HfFailure } from './error.ts';
import { HeaderBudget } from './header-budget.ts';
import { judgeContent, WholeFileReader, type JudgingMeans } from './judge-file.ts';
import { judgeName } from './judge-name.ts';
import type { Judgement } from './judgement.ts';
import type { FileListing } from './list-files.ts';
import type { TokenizerFile } from './tokenizer.ts';
import type { HfFile, HfLeftOut, HfUnsafeFile, SafetensorsHeader } from './types.ts';

/** A file that ships, with what was found out on the way. */
export interface JudgedFile extends TokenizerFile {
  /** Of a safetensors file. */
  readonly header: SafetensorsHeader | null;
}

export interface JudgedListing {
  readonly files: readonly JudgedFile[];
  readonly leftOut: readonly HfLeftOut[];
  readonly unsafeFiles: readonly HfUnsafeFile[];
}

export interface JudgeFilesOptions {
  readonly allowUnsafeFiles: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `HF_UNSAFE_FILE`, `HF_REMOTE_CODE`, and what judging a file throws. */
export async function judgeFiles(
  listing: FileListing,
  { allowUnsafeFiles, signal }: JudgeFilesOptions,
): Promise<JudgedListing> {
  const means = { reader: new WholeFileReader(), budget: new HeaderBudget() };
  const files: JudgedFile[] = [];
  const leftOut = [...listing.leftOut];
  const unsafeFiles: HfUnsafeFile[] = [];
  for (const file of listing.files) {
    throwIfAborted(signal);
    const judged = await judgeFile(file, means);
    if (judged.kind === 'left-out') {
      leftOut.push({ path: file.path, reason: judged.reason });
      continue;
    }
    if (judged.kind === 'unsafe') {
      unsafeFiles.push({ path: file.path, reason: judged.reason, class: judged.class });
    }
    const format = judged.kind === 'ships' ? judged.format : null;
    const { json = null, header = null } = judged;
    files.push({ file, format, json, header });
  }
  if (!allowUnsafeFiles) assertNone(unsafeFiles);
  return { files, leftOut: leftOut.toSorted((a, b) => compareCodeUnits(a.path, b.path)), unsafeFiles };
}

async function judgeFile(file: HfFile, means: JudgingMeans): Promise<Judgement> {
  // A link has two names, and a loader may go by either.
  const byName = judgeName(file.path) ?? judgeName(basename(file.absolutePath));
  return byName ?? withFileSource(file.absolutePath, (source) => judgeContent(file.path, source, means));
}

const MAX_NAMED = 20;

function assertNone(unsafeFiles: readonly HfUnsafeFile[]): void {
  const [first, ...others] = unsafeFiles;
  if (first === undefined) return;
  const code = first.class === 'remote-code' ? 'HF_REMOTE_CODE' : 'HF_UNSAFE_FILE';
  const more = others.length === 0 ? '' : ` ${others.length} more files may not ship either.`;
  throw new HfFailure(code, `${escapeText(first.path)} is ${first.reason}.${more}`, {
    details: {
      path: first.path,
      class: first.class,
      expected: 'safetensors, JSON, text, a tokenizer model, or a picture',
      received: first.reason,
      ...(others.length > 0 && {
        others: others.slice(0, MAX_NAMED).map((file) => `${file.path} (${file.class})`),
      }),
    },
  });
}

/**
 * Whether a deployment asked the disk in an order that survives a power cut at any moment, judged from its calls alone. Pure.
 *
 * What a name leads to is durable before the name is, and what the next step relies on is durable before that step begins:
 * the files and folders of a release, the release's name, the link, and each line of the journal before anything else.
 */
import { dirname } from 'node:path/posix';
import { isBelow, isDone, isMutating, type Call } from './trace.ts';

export interface OrderOptions {
  /** The path that is swapped. */
  readonly link: string;
  readonly controlDir: string;
  readonly releasesDir: string;
  /** False for going back: no release is made then. */
  readonly makesRelease?: boolean;
}

/** Sentences about what is missing or too late; none for a sound order. */
export function judgeOrder(all: readonly Call[], options: OrderOptions): readonly string[] {
  // What has no path is a pipe, or what a thread says to another.
  const calls = all.filter((call) => isDone(call) && call.paths.length > 0);
  return [
    ...(options.makesRelease === false ? [] : judgeRelease(calls, options)),
    ...judgeLink(calls, options),
    ...judgeJournal(calls, `${options.controlDir}/journal.jsonl`),
    ...judgeReplacements(calls, options),
  ];
}

/** The release is whole on the disk before it gets its name, and the name is there before the link leads to it. */
function judgeRelease(calls: readonly Call[], { link, releasesDir }: OrderOptions): readonly string[] {
  const named = calls.findIndex(
    ({ name, paths: [from = '', to = ''] }) =>
      RENAMES.test(name) && dirname(from) === releasesDir && dirname(to) === releasesDir,
  );
  const partial = calls[named]?.paths[0];
  if (partial === undefined) return ['no release was given its name'];
  const before = calls.slice(0, named);
  const problems: string[] = [];
  for (const path of pathsIn(before, partial)) {
    const lastChange = before.findLastIndex((call) => changesContent(call, path));
    const lastSync = before.findLastIndex((call) => isSyncOf(call, path));
    if (lastChange > lastSync)
      problems.push(`${path} was changed after its last fsync, and its release was named`);
  }
  for (const folder of foldersIn(before, partial)) {
    const lastEntry = before.findLastIndex((call) => changesEntries(call, folder));
    const lastSync = before.findLastIndex((call) => isSyncOf(call, folder));
    if (lastEntry > lastSync)
      problems.push(`${folder} got an entry after its last fsync, and its release was named`);
  }
  const swapped = swapIndex(calls, link);
  if (!syncedBetween(calls, releasesDir, [named, swapped])) {
    problems.push(`${releasesDir} was not fsynced between the name of the release and the swap of the link`);
  }
  return problems;
}

/** The folders that the link leads through are durable before the swap, and the swap is before the command ends. */
function judgeLink(
  calls: readonly Call[],
  { link, controlDir, releasesDir }: OrderOptions,
): readonly string[] {
  const swapped = swapIndex(calls, link);
  if (swapped < 0) return ['the link was not swapped by a rename'];
  const problems: string[] = [];
  for (const folder of [controlDir, releasesDir]) {
    const made = calls.findIndex(({ name, paths }) => name.startsWith('mkdir') && paths[0] === folder);
    if (made >= 0 && !syncedBetween(calls, dirname(folder), [made, swapped])) {
      problems.push(`${dirname(folder)} was not fsynced between the making of ${folder} and the swap`);
    }
  }
  const after = calls.slice(swapped + 1);
  const synced = after.findIndex((call) => isSyncOf(call, dirname(link)));
  const next = after.findIndex((call) => isMutating(call) && !SYNCS.test(call.name));
  if (synced < 0) problems.push(`${dirname(link)} was not fsynced after the swap`);
  else if (next >= 0 && next < synced) {
    problems.push(
      `${after[next]?.name} of ${after[next]?.paths[0]} came between the swap and the fsync of its folder`,
    );
  }
  return problems;
}

/** Each line is durable before anything of the state that it names is begun; so is the name of a new journal. */
function judgeJournal(calls: readonly Call[], journal: string): readonly string[] {
  const problems: string[] = [];
  const folder = dirname(journal);
  for (const [index, call] of calls.entries()) {
    if (!WRITES.test(call.name) || call.paths[0] !== journal) continue;
    const after = calls.slice(index + 1);
    const synced = after.findIndex((one) => isSyncOf(one, journal));
    const other = after.findIndex((one) => isMutating(one) && !isSyncOf(one, journal));
    if (synced < 0 || (other >= 0 && other < synced)) {
      const what = other < 0 ? 'the end' : `${after[other]?.name} of ${after[other]?.paths[0]}`;
      problems.push(`a line of the journal was not fsynced before ${what}`);
    }
  }
  const lines = calls.filter(({ name, paths }) => WRITES.test(name) && paths[0] === journal);
  const isNew = calls.some(
    ({ name, paths, args }) => name === 'mkdir' && paths[0] === folder && !args.includes('EEXIST'),
  );
  const [first] = lines;
  if (isNew && first !== undefined) {
    const from = calls.indexOf(first);
    const next = calls.findIndex((call, index) => index > from && isMutating(call) && !SYNCS.test(call.name));
    if (!syncedBetween(calls, folder, [from, next < 0 ? calls.length : next])) {
      problems.push(`${folder} was not fsynced before anything else, though the journal in it is new`);
    }
  }
  return problems;
}

/** A file that takes another's name, as records do, is durable before it does. Links have no bytes of their own. */
function judgeReplacements(calls: readonly Call[], { releasesDir }: OrderOptions): readonly string[] {
  return calls.flatMap(({ name, paths: [from = ''] }, index) => {
    if (!RENAMES.test(name) || dirname(from) === releasesDir) return [];
    const before = calls.slice(0, index);
    const lastWrite = before.findLastIndex((call) => changesContent(call, from));
    const lastSync = before.findLastIndex((call) => isSyncOf(call, from));
    return lastWrite > lastSync ? [`${from} was renamed before it was fsynced`] : [];
  });
}

const RENAMES = /^rename(at2?)?$/;
const SYNCS = /^f(data)?sync$/;
const WRITES = /^p?writev?(64|2)?$/;
const CONTENT =
  /^(p?writev?(64|2)?|f?truncate|fallocate|copy_file_range|f?chmod(at)?|[fl]?chown(at)?|ioctl)$/;
const ENTRIES = /^(open(at)?|creat|mkdir(at)?|rmdir|unlink(at)?|rename(at2?)?|link(at)?|symlink(at)?)$/;

function swapIndex(calls: readonly Call[], link: string): number {
  return calls.findLastIndex(({ name, paths }) => RENAMES.test(name) && paths[1] === link);
}

function isSyncOf({ name, paths }: Call, path: string): boolean {
  return SYNCS.test(name) && paths[0] === path;
}

function changesContent(call: Call, path: string): boolean {
  if (call.paths[0] !== path || !isMutating(call)) return false;
  return CONTENT.test(call.name) || /^(open(at)?|creat)$/.test(call.name);
}

/** Whether an entry of that folder was made, renamed or removed: the last path is the one that is new. */
function changesEntries(call: Call, folder: string): boolean {
  const path = call.paths.at(-1);
  return isMutating(call) && ENTRIES.test(call.name) && path !== undefined && dirname(path) === folder;
}

function syncedBetween(calls: readonly Call[], path: string, [from, to]: readonly [number, number]): boolean {
  return calls.some((call, index) => index > from && index < to && isSyncOf(call, path));
}

/** Files that were made or written below a folder. */
function pathsIn(calls: readonly Call[], folder: string): readonly string[] {
  const written = calls.filter(
    ({ name, paths: [path = ''] }) => isBelow(path, folder) && !SYNCS.test(name) && !ENTRIES.test(name),
  );
  const made = calls.filter((call) => isMutating(call) && /^(open(at)?|creat)$/.test(call.name));
  return unique([...written, ...made].flatMap(({ paths }) => paths.slice(0, 1))).filter((path) =>
    isBelow(path, folder),
  );
}

function foldersIn(calls: readonly Call[], folder: string): readonly string[] {
  const made = calls.filter(
    ({ name, paths: [path = ''] }) => name.startsWith('mkdir') && isBelow(path, folder),
  );
  return unique(made.flatMap(({ paths }) => paths.slice(0, 1)));
}

function unique(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)];
}

/** Looks at a target and its machine, changing nothing: the facts that a plan is made of. */
import { access, constants, lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { isErrno } from '../core/index.ts';
import {
  findFolder,
  makeDirectory,
  readFileSystem,
  readMemory,
  SystemFailure,
  toSystemFailure,
  type FileSystemFacts,
  type StateDirectory,
} from '../system/index.ts';
import { readJournal } from './journal.ts';
import { defaultLayout, isReleaseId, targetLayout, type TargetLayout } from './layout.ts';
import { surveyOccupant } from './survey-occupant.ts';
import type { TargetFacts, UnsafeFolder } from './target-facts.ts';
import { viewJournal } from './target-view.ts';

/**
 * The layout that a `--target-path` means: made absolute, its parent resolved once. Without a path, the target in the
 * state directory.
 */
export async function resolveTarget(path: string | null, state: StateDirectory): Promise<TargetLayout> {
  if (path === null) return defaultLayout(state);
  const absolute = resolve(path);
  const name = basename(absolute);
  const own = defaultLayout(state);
  const parent = await resolveFolder(dirname(absolute));
  // The target in the state directory has a layout of its own, by whichever path it is named.
  const isOwn = name === basename(own.targetPath) && parent === (await resolveFolder(own.parentDir));
  if (isOwn) return own;
  const target = join(parent, name);
  return targetLayout(target, {
    within: await findKeptPlace(target, state),
    holds: (await isAbove(target, state.path)) ? state.path : null,
  });
}

/** The state directory, or a release: writing into either would change what must not change. */
async function findKeptPlace(target: string, state: StateDirectory): Promise<string | null> {
  const statePath = await resolveFolder(state.path);
  if (target === statePath || target.startsWith(`${statePath}/`)) return statePath;
  const parts = dirname(target).split('/');
  const kept = parts.findIndex((name) => /^\..+\.milton$/.test(name) || isReleaseId(name));
  return kept === -1 ? null : parts.slice(0, kept + 1).join('/');
}

/** Whether moving one path would move the other, by whichever names it is reached. */
async function isAbove(target: string, path: string): Promise<boolean> {
  if ((await resolveFolder(path)).startsWith(`${target}/`)) return true;
  for (let above = resolve(path); above !== dirname(above); above = dirname(above)) {
    if (join(await resolveFolder(dirname(above)), basename(above)) === target) return true;
  }
  return false;
}

async function resolveFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    // A parent that is not there is the plan's to refuse.
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) return path;
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

/** Creates the folder of the default target, which is ours to make. */
export async function prepareDefaultTarget(layout: TargetLayout): Promise<void> {
  if (layout.isDefault) await makeDirectory(layout.parentDir);
}

export async function surveyTarget(layout: TargetLayout): Promise<TargetFacts> {
  const parent = await surveyParent(layout.parentDir);
  const isThere = parent === 'ready';
  const unsafeFolders = isThere ? await findUnsafeFolders(layout) : [];
  // What a stranger may have written is not even read.
  const isSafe = isThere && unsafeFolders.length === 0;
  return {
    platform: process.platform,
    targetPath: layout.targetPath,
    parentDir: layout.parentDir,
    within: layout.within,
    parent,
    unsafeFolders,
    occupant: isThere ? await surveyOccupant(layout) : { kind: 'nothing' },
    fileSystem: isThere ? await surveyFileSystem(layout) : NO_FILE_SYSTEM,
    availableMemoryBytes: (await readMemory()).availableBytes,
    view: viewJournal(isSafe ? await readJournal(layout.journalFile) : []),
  };
}

/** The same of a target whose folder a deployment makes first, and nobody before: it is judged by where that will lie. */
export async function surveyAhead(layout: TargetLayout): Promise<TargetFacts> {
  const facts = await surveyTarget(layout);
  if (!layout.isDefault || facts.parent !== 'missing') return facts;
  return { ...facts, parent: 'ready', fileSystem: await readFileSystem(await findFolder(layout.parentDir)) };
}

const NO_FILE_SYSTEM: FileSystemFacts = {
  id: '',
  type: null,
  isNetwork: false,
  hasSymbolicLinks: true,
  maxFileBytes: null,
  freeBytes: 0,
  totalBytes: 0,
};

async function surveyParent(path: string): Promise<TargetFacts['parent']> {
  try {
    if (!(await stat(path)).isDirectory()) return 'not-a-folder';
    await access(path, constants.W_OK | constants.X_OK);
    return 'ready';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'missing';
    if (isErrno(error, 'ENOTDIR', 'ELOOP')) return 'not-a-folder';
    if (isErrno(error, 'EACCES', 'EPERM', 'EROFS')) return 'not-writable';
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

/** Links are made in the parent; the room is that of the releases, which may lie on a disk of their own. */
async function surveyFileSystem(layout: TargetLayout): Promise<FileSystemFacts> {
  const facts = await readFileSystem(layout.parentDir);
  try {
    const { id, maxFileBytes, freeBytes, totalBytes } = await readFileSystem(layout.releasesDir);
    return { ...facts, id, maxFileBytes, freeBytes, totalBytes };
  } catch (error) {
    if (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_MISSING') return facts;
    throw error;
  }
}

async function findUnsafeFolders({
  parentDir,
  controlDir,
  releasesDir,
}: TargetLayout): Promise<UnsafeFolder[]> {
  const unsafe: UnsafeFolder[] = [];
  const parent = await stat(parentDir);
  // In a sticky folder (such as /tmp) others can add names but neither rename nor remove ours.
  if ((parent.mode & 0o1002) === 0o002) unsafe.push({ path: parentDir, reason: 'open' });
  for (const path of new Set([controlDir, releasesDir])) {
    const reason = path === parentDir ? null : await judgeFolder(path, parent.uid);
    if (reason !== null) unsafe.push({ path, reason });
  }
  return unsafe;
}

/** Ours, or of somebody who can change the target anyway: root, and the owner of the parent. */
async function judgeFolder(path: string, parentUid: number): Promise<UnsafeFolder['reason'] | null> {
  try {
    const stats = await lstat(path);
    const own = process.getuid?.() ?? stats.uid;
    if (!stats.isDirectory() || ![own, 0, parentUid].includes(stats.uid)) return 'foreign';
    return (stats.mode & 0o002) === 0 ? null : 'open';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

/** Looks at a machine and at the places that a deployment uses. Nothing is changed: what is written in a trial is removed. */
import { access, constants, stat } from 'node:fs/promises';
import { release, tmpdir, totalmem } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { isErrno } from '../core/index.ts';
import { examineTarget, resolveTarget, type TargetLayout } from '../deploy/index.ts';
import type { Engine } from '../engine/index.ts';
import {
  findFolder,
  findMissingProtections,
  isReadOnly,
  loadFileCalls,
  loadFlock,
  readClockSync,
  readFileSystem,
  readMemory,
  readOpenFilesLimit,
  readServiceManager,
  readSwap,
  SystemFailure,
  tryFolder,
  type Clock,
  type StateDirectory,
} from '../system/index.ts';
import type { ClockFacts, MachineFacts, PlaceFacts, TargetPlace } from './machine-facts.ts';
import { tryEngine } from './try-engine.ts';

export interface SurveyOptions {
  /** Null in the list is the target in the state directory. */
  readonly targetPaths: readonly (string | null)[];
  readonly state: StateDirectory;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly allowNetworkFs: boolean;
  /** False only asks whether the engine is installed. */
  readonly load: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `CORE_INTERRUPTED`. */
export async function surveyMachine(options: SurveyOptions): Promise<MachineFacts> {
  const { state, engine, env, load, signal } = options;
  const layouts = await Promise.all(options.targetPaths.map((path) => resolveTarget(path, state)));
  const { name, version } = await engine.describe();
  const temporary = { path: tmpdir(), isWritable: await isWritableFolder(tmpdir()) };
  const canTry = load && version !== null && temporary.isWritable;
  return {
    platform: process.platform,
    arch: process.arch,
    kernel: release(),
    nodeVersion: process.versions.node,
    calls: {
      hasFlock: (await loadFlock()) !== null,
      hasFileCalls: (await loadFileCalls()) !== null,
    },
    missingProtections: await findMissingProtections(),
    memory: { ...(await readMemory()), physicalBytes: totalmem(), swapBytes: await readSwap() },
    openFilesLimit: await readOpenFilesLimit(),
    temporary,
    locale: env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || null,
    clock: await surveyClock(options, layouts),
    services: await readServiceManager(),
    state: { path: state.path, place: await surveyPlace(state.path) },
    targets: await Promise.all(layouts.map((layout) => surveyTargetPlace(layout, options))),
    engine: {
      name,
      version,
      trial: canTry ? await tryEngine(engine, { signal }) : { kind: 'not-tried' },
    },
  };
}

async function surveyTargetPlace(
  layout: TargetLayout,
  { allowNetworkFs }: Pick<SurveyOptions, 'allowNetworkFs'>,
): Promise<TargetPlace> {
  const examined = await examineTarget(layout, { allowNetworkFs });
  return { examined, place: await surveyPlace(dirname(layout.targetPath)) };
}

async function surveyPlace(path: string): Promise<PlaceFacts | null> {
  try {
    const folder = await findFolder(path);
    const { mode } = await stat(folder);
    return {
      folder,
      isFolder: (mode & constants.S_IFMT) === constants.S_IFDIR,
      isWritable: await isWritableFolder(folder),
      isReadOnly: await isReadOnly(folder),
      isOpen: (mode & 0o1002) === 0o002,
      fileSystem: await readFileSystem(folder),
      abilities: await tryFolder(folder),
    };
  } catch (error) {
    if (error instanceof SystemFailure || isErrno(error)) return null;
    throw error;
  }
}

async function surveyClock(
  { clock, state }: SurveyOptions,
  layouts: readonly TargetLayout[],
): Promise<ClockFacts> {
  const paths = [
    state.registryFile,
    state.runsDir,
    state.bundlesDir,
    state.historyDir,
    state.targetsFile,
    ...layouts.map(({ journalFile }) => journalFile),
  ];
  let newest: ClockFacts['newest'] = null;
  for (const path of paths) {
    const at = await stat(path).then(
      ({ mtime }) => mtime,
      () => null,
    );
    if (at !== null && (newest === null || at > newest.at)) newest = { path, at };
  }
  return { now: clock.now(), newest, isSynchronised: await readClockSync() };
}

function isWritableFolder(path: string): Promise<boolean> {
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

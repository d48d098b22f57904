/**
 * Reads the registry, and edits it so that no writer's work is lost: our own take a lock; the Python one takes none, so
 * the file must still be the one that was read just before ours takes its name, or the edit is redone on the new one.
 */
import { realpath, stat } from 'node:fs/promises';
import { escapeText, Failure, formatJson, isErrno } from '../core/index.ts';
import {
  fileIdentity,
  readJsonFile,
  sameIdentity,
  toSystemFailure,
  withLock,
  writeFileAtomic,
  type FileIdentity,
} from '../system/index.ts';
import type { Edit } from './edits.ts';
import { RegistryFailure } from './error.ts';
import { MAX_EDIT_ATTEMPTS, MAX_LOCK_WAIT_MS, MAX_REGISTRY_BYTES } from './limits.ts';
import { parseRegistry, type RegistryRow } from './parse-registry.ts';

export interface EditOptions {
  /** What holds the lock, for whoever has to wait. */
  readonly command: string;
  readonly signal?: AbortSignal | undefined;
}

interface ReadRegistry {
  readonly rows: readonly RegistryRow[];
  /** Null where there is no file yet. */
  readonly identity: FileIdentity | null;
}

/** A missing file is an empty registry. Throws `SYSTEM_FILE_*`, `CORE_JSON_*`, `REGISTRY_INVALID`. */
export async function readRegistry(path: string): Promise<ReadRegistry> {
  try {
    const { tree, identity } = await readJsonFile(path, { maxBytes: MAX_REGISTRY_BYTES });
    return { rows: parseRegistry(tree, path), identity };
  } catch (error) {
    if (error instanceof Failure && error.code === 'SYSTEM_FILE_MISSING') return { rows: [], identity: null };
    throw error;
  }
}

/**
 * Applies a change to the registry as it is now; `change` may run several times. Throws `REGISTRY_CONTENDED`,
 * `SYSTEM_LOCK_BUSY`, what {@link readRegistry} throws and what `change` throws; the file is unchanged then.
 */
export async function editRegistry<T>(
  path: string,
  { command, signal }: EditOptions,
  change: (rows: readonly RegistryRow[]) => Edit<T>,
): Promise<T> {
  const lock = { command, waitMs: MAX_LOCK_WAIT_MS, ...(signal !== undefined && { signal }) };
  return withLock(`${path}.lock`, lock, async () => {
    for (let attempt = 0; attempt < MAX_EDIT_ATTEMPTS; attempt += 1) {
      const { file, mode } = await findFile(path);
      const { rows, identity } = await readRegistry(file);
      const edit = change(rows);
      if (areSame(edit.rows, rows)) return edit.result;
      if (await replaceUnlessMoved(file, { rows: edit.rows, identity, mode })) return edit.result;
    }
    throw new RegistryFailure(
      'REGISTRY_CONTENDED',
      `${escapeText(path)} kept changing while it was being edited.`,
      {
        details: { target: path, attempts: MAX_EDIT_ATTEMPTS },
      },
    );
  });
}

/** Where the registry is a link, the file behind it is what is replaced, with the mode that it has. */
async function findFile(path: string): Promise<{ readonly file: string; readonly mode: number }> {
  try {
    const file = await realpath(path);
    return { file, mode: (await stat(file)).mode & 0o777 };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { file: path, mode: 0o644 };
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

/** False where somebody else wrote in the meantime; nothing was written then. */
async function replaceUnlessMoved(
  file: string,
  { rows, identity, mode }: ReadRegistry & { readonly mode: number },
): Promise<boolean> {
  const moved = new Error('The file is no longer the one that was read.');
  const beforeRename = async (): Promise<void> => {
    if (!sameIdentity(await fileIdentity(file), identity)) throw moved;
  };
  try {
    await writeFileAtomic(file, formatJson(rows.map(({ tree }) => tree)), { mode, beforeRename });
    return true;
  } catch (error) {
    if (error === moved) return false;
    throw error;
  }
}

function areSame(a: readonly RegistryRow[], b: readonly RegistryRow[]): boolean {
  return a.length === b.length && a.every((row, index) => row === b[index]);
}

/** A release on disk: how its folder is finished, made readable, given its name, checked again and removed. */
import { constants } from 'node:fs';
import { chmod, chown, lstat, mkdir, open, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from '../core/index.ts';
import { makeDirectory, syncDirectory, toSystemFailure } from '../system/index.ts';
import type { TargetLayout } from './layout.ts';

export interface Permissions {
  /** Of files; folders get the matching right to enter. */
  readonly fileMode: number;
  readonly groupId: number | null;
}

export interface ReleaseExtras {
  /** ISO 8601. */
  readonly deployedAt: string;
  /** Where the release will lie once it has its name. */
  readonly finalPath: string;
  /** Below the folder; first shard first. */
  readonly modelFiles: readonly string[];
  readonly artifactType: 'gguf' | 'hf-distilled';
  readonly artifactSha256: string;
  readonly version: string;
}

/** The name in every release of a single GGUF that leads to it. */
export const MODEL_LINK = 'model.gguf';

/** Whether anything has that name. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

/**
 * Makes the folders of journal, lock and releases, where they are missing. Whatever the umask, a server with a user of
 * its own gets through them; the folders of a state directory are left as private as they are.
 */
export async function makeControlFolder({ controlDir, releasesDir, isDefault }: TargetLayout): Promise<void> {
  for (const path of [controlDir, releasesDir]) {
    if (await isThere(path)) continue;
    if (isDefault) await makeDirectory(path);
    else await makeReadable(path);
  }
}

/** Made by us or not at all, and readable whatever the umask: nobody's folder or link is followed or opened up. */
async function makeReadable(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 });
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await handle.chmod(0o755);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncDirectory(dirname(path));
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** Creates a private folder that nobody has prepared for us. */
export async function createPrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** Writes DEPLOYED_AT, model.env and the stable name model.gguf, sets modes, and makes all of it durable. */
export async function finishFolder(
  directory: string,
  extras: ReleaseExtras,
  permissions: Permissions,
): Promise<void> {
  try {
    await writeFile(join(directory, DEPLOYED_AT_FILE), `${extras.deployedAt}\n`, { flag: 'wx' });
    await writeFile(join(directory, ENVIRONMENT_FILE), environmentFile(extras), { flag: 'wx' });
    const [model] = extras.modelFiles;
    // Shards find each other by their names, so a split model gets no second name.
    if (extras.artifactType === 'gguf' && extras.modelFiles.length === 1 && model !== undefined) {
      await symlink(model, join(directory, MODEL_LINK));
    }
    await openToReaders(directory, permissions);
  } catch (error) {
    throw toSystemFailure(error, { path: directory, action: 'write' });
  }
}

/** Gives a finished folder its final name, durably. */
export async function publishFolder(partial: string, final: string): Promise<void> {
  try {
    await rename(partial, final);
    await syncDirectory(dirname(final));
  } catch (error) {
    throw toSystemFailure(error, { path: final, action: 'write' });
  }
}

/** Removes a folder that is not live, links inside it unfollowed; that it is gone already is fine. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

export const DEPLOYED_AT_FILE = 'DEPLOYED_AT';
export const ENVIRONMENT_FILE = 'model.env';

/** `EnvironmentFile=` of systemd.exec(5): double quotes, with backslash escapes inside. */
export function environmentFile(
  extras: Pick<ReleaseExtras, 'artifactType' | 'modelFiles' | 'finalPath' | 'artifactSha256' | 'version'>,
): string {
  const [model = 'model'] = extras.artifactType === 'gguf' ? extras.modelFiles : ['model'];
  const lines = {
    MILTON_MODEL: join(extras.finalPath, model),
    MILTON_SHA256: extras.artifactSha256,
    MILTON_VERSION: extras.version,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}="${value.replace(/[\\"$`]/g, '\\$&')}"\n`)
    .join('');
}

async function openToReaders(directory: string, permissions: Permissions): Promise<void> {
  const { fileMode, groupId } = permissions;
  // Whoever may read may enter.
  const folderMode = fileMode | ((fileMode & 0o444) >> 2) | 0o700;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await openToReaders(path, permissions);
    else if (entry.isFile()) await settle(path, fileMode, groupId);
  }
  await settle(directory, folderMode, groupId);
}

async function settle(path: string, mode: number, groupId: number | null): Promise<void> {
  await chmod(path, mode);
  if (groupId !== null) await chown(path, -1, groupId);
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Which releases and bundles some process has open, mapped or stands in. */
import { realpath } from 'node:fs/promises';
import { findOpenFiles, type OpenFile } from '../system/index.ts';
import type { NamedFile } from './freed-bytes.ts';
import { isReleaseId, type TargetLayout } from './layout.ts';

/** Something that may go, with all that is in it. */
export interface Tenant {
  /** The id of a release, or the path of a bundle. */
  readonly name: string;
  readonly files: readonly NamedFile[];
}

export interface Users {
  /** Who uses it, in words, by the name of the tenant. */
  readonly byName: ReadonlyMap<string, string>;
  /** Processes that could not be looked into; null where the system does not tell of any. */
  readonly unseenProcesses: number | null;
}

/**
 * A file that two releases share is used through one of them: the one whose path the kernel names. Where it names none of
 * ours (a container), all that share it count as used.
 */
export async function findUsers({ releasesDir }: TargetLayout, tenants: readonly Tenant[]): Promise<Users> {
  const namesOf = new Map<string, string[]>();
  for (const { name, files } of tenants) {
    for (const { key } of files) namesOf.set(key, [...(namesOf.get(key) ?? []), name]);
  }
  const folder = await realpath(releasesDir).catch(() => releasesDir);
  const { files, unseenProcesses } = await findOpenFiles({ keys: new Set(namesOf.keys()), below: [folder] });
  const byName = new Map<string, string>();
  for (const file of files) {
    const releaseId = releaseOf(file.path, folder);
    const names = releaseId === null ? (namesOf.get(file.key) ?? []) : [releaseId];
    for (const name of names) if (!byName.has(name)) byName.set(name, describeUser(file));
  }
  return { byName, unseenProcesses };
}

function releaseOf(path: string, folder: string): string | null {
  const [name = ''] = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1).split('/') : [];
  return isReleaseId(name) ? name : null;
}

function describeUser({ command, pid }: OpenFile): string {
  return `${command || 'a process'} (process ${pid})`;
}

/** A release on the target that holds the same weights already: they can be linked from it instead of written again. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { touchesWeights } from './compare-release.ts';
import type { DeployContext } from './context.ts';
import { releasePath } from './layout.ts';
import type { TargetFacts } from './target-facts.ts';
import type { Permissions } from './release-folder.ts';
import { findDamage, readModelSums } from './verify-release.ts';

export interface Donor {
  readonly releaseId: string;
  /** SHA-256 → absolute path of a model file that has it. */
  readonly files: ReadonlyMap<string, string>;
}

export interface DonorSearch {
  readonly permissions: Permissions;
  /** A release whose weights are damaged. */
  readonly except: string | null;
  /** One whose weights were hashed a moment ago, under the same lock: it is tried first, and not hashed again. */
  readonly hashed: string | null;
}

/** Whether a search for one is worth while: the journal knows a release of the same bytes. */
export function mayHaveDonor({ view }: TargetFacts, artifactSha256: string): boolean {
  return view.releases.some((release) => isSame(release, artifactSha256));
}

/**
 * The newest release of the same bytes, hashed again, whose files have the very modes that the new one is to have (a
 * linked file is one file with two names); null where there is none. Throws `CORE_INTERRUPTED`.
 */
export async function findDonor(
  { view }: TargetFacts,
  artifactSha256: string,
  { permissions, except, hashed }: DonorSearch,
  { layout, signal, onProgress }: DeployContext,
): Promise<Donor | null> {
  const candidates = view.releases
    .filter((release) => isSame(release, artifactSha256) && release.id !== except)
    .toReversed()
    .toSorted((a, b) => Number(b.id === hashed) - Number(a.id === hashed));
  for (const { id } of candidates) {
    const directory = releasePath(layout, id);
    const files = new Map(
      [...(await readModelSums(directory))].map(([path, sha256]) => [sha256, join(directory, path)]),
    );
    if (files.size === 0 || !(await canBeLinked([...files.values()], permissions))) continue;
    if (id === hashed) return { releaseId: id, files };
    const damage = await findDamage(directory, { artifactSha256, signal, onProgress });
    if (!damage.some(touchesWeights)) return { releaseId: id, files };
  }
  return null;
}

function isSame(release: TargetFacts['view']['releases'][number], artifactSha256: string): boolean {
  return release.liveSince !== null && release.artifactSha256 === artifactSha256;
}

async function canBeLinked(paths: readonly string[], { fileMode, groupId }: Permissions): Promise<boolean> {
  const own = process.getuid?.();
  for (const path of paths) {
    const stats = await lstat(path).catch(() => null);
    if (stats === null || !stats.isFile() || (stats.mode & 0o7777) !== fileMode) return false;
    if (stats.uid !== own || (groupId !== null && stats.gid !== groupId)) return false;
  }
  return true;
}

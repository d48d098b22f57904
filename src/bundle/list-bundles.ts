/** The bundles of a folder, newest first, from the first kilobytes of each. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareVersions, Failure, isErrno, messageOf } from '../core/index.ts';
import { toSystemFailure, withFileSource } from '../system/index.ts';
import { readLeading } from './inspect-bundle.ts';
import { MAX_LIST_BYTES, MAX_OPEN_BUNDLES } from './limits.ts';
import type { ListedBundle } from './types.ts';

/** Every `*.tar.gz` of the folder; one that cannot be read is listed with its failure. An absent folder holds none. */
export async function listBundles(
  directory: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly ListedBundle[]> {
  const names = await readNames(directory);
  const bundles: ListedBundle[] = [];
  for (let at = 0; at < names.length; at += MAX_OPEN_BUNDLES) {
    const some = names.slice(at, at + MAX_OPEN_BUNDLES);
    const listed = await Promise.all(some.map((name) => describeBundle(join(directory, name), name, signal)));
    bundles.push(...listed.filter((bundle) => bundle !== null));
  }
  return bundles.toSorted((a, b) => timeOf(b) - timeOf(a) || compareVersions(b.name, a.name));
}

async function readNames(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.tar.gz') && !name.startsWith('.'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw toSystemFailure(error, { path: directory, action: 'read' });
  }
}

async function describeBundle(
  path: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ListedBundle | null> {
  const stats = await stat(path).catch(() => null);
  // Gone since the folder was read, or a link to nowhere.
  if (stats === null) return null;
  const common = { path, name, sizeBytes: stats.size, modifiedAt: stats.mtime };
  try {
    const metadata = await withFileSource(path, (source) =>
      readLeading(source, { signal, maxContentBytes: MAX_LIST_BYTES }),
    );
    return { ...common, metadata, failure: null };
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'CORE_INTERRUPTED') throw error;
    return { ...common, metadata: null, failure: { code: error.code, message: messageOf(error) } };
  }
}

/** What the bundle says, else what the file system says. */
function timeOf({ metadata, modifiedAt }: ListedBundle): number {
  const created = Date.parse(metadata?.manifest.created_at ?? '');
  return Number.isNaN(created) ? modifiedAt.getTime() : created;
}

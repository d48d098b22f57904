/** The bundles folder as retention sees it: which files deployments from here packed, and which of them targets need. */
import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import { messageOf } from '../core/index.ts';
import { listBundles } from '../bundle/index.ts';
import type { StateDirectory } from '../system/index.ts';
import { readLive } from './activate.ts';
import { readJournal, type JournalLine } from './journal.ts';
import type { TargetLayout } from './layout.ts';
import { resolveTarget, surveyTarget } from './survey-target.ts';
import { previousGood, viewJournal } from './target-view.ts';
import { loadTargets } from './targets.ts';

export interface ShelfBundle {
  readonly path: string;
  readonly bundleId: string | null;
  readonly version: string | null;
  readonly isPackedHere: boolean;
}

export interface Shelf {
  /** Newest first. */
  readonly bundles: readonly ShelfBundle[];
  readonly live: ReadonlySet<string>;
  readonly rollback: ReadonlySet<string>;
  readonly unfinished: ReadonlySet<string>;
  /** Why a target could not be read; empty where all could. */
  readonly unread: readonly string[];
}

/** What one target has to do with the folder. */
interface TargetNeeds {
  /** Names of files that its deployments packed, each with the bundle that it held then. */
  readonly packed: readonly (readonly [name: string, bundleId: string])[];
  readonly live: string | null;
  readonly rollback: string | null;
  readonly unfinished: string | null;
}

/** The target that retention is about. */
export interface OwnTarget {
  readonly layout: TargetLayout;
  /** What is live there, or would be. */
  readonly liveId: string | null;
}

/** Reads all targets that were ever deployed to from here, and `own`. Throws `SYSTEM_*` where the folder cannot be read. */
export async function readShelf({ layout, liveId }: OwnTarget, state: StateDirectory): Promise<Shelf> {
  const targets: TargetNeeds[] = [];
  const unread: string[] = [];
  for (const path of new Set([layout.targetPath, ...(await loadTargets(state))])) {
    try {
      if (path === layout.targetPath) {
        targets.push(await readNeeds(layout, liveId));
      } else {
        const other = await resolveTarget(path, state);
        await assertSafe(other);
        targets.push(await readNeeds(other, await readLive(other)));
      }
    } catch (error) {
      unread.push(`${path}: ${messageOf(error)}`);
    }
  }
  const packed = new Map(targets.flatMap((target) => target.packed));
  const bundles: ShelfBundle[] = [];
  for (const { path, name, metadata } of await listBundles(state.bundlesDir)) {
    const bundleId = metadata?.manifest.bundle_id ?? null;
    const isPackedHere = bundleId !== null && packed.get(name) === bundleId && (await isOwnFile(path));
    bundles.push({ path, bundleId, version: metadata?.manifest.model_version ?? null, isPackedHere });
  }
  return {
    bundles,
    live: toSet(targets.map(({ live }) => live)),
    rollback: toSet(targets.map(({ rollback }) => rollback)),
    unfinished: toSet(targets.map(({ unfinished }) => unfinished)),
    unread,
  };
}

/** What a stranger may have written must not say which of our files go. */
async function assertSafe(layout: TargetLayout): Promise<void> {
  const [unsafe] = (await surveyTarget(layout)).unsafeFolders;
  if (unsafe !== undefined) throw new Error(`strangers could change ${unsafe.path}`);
}

async function readNeeds(layout: TargetLayout, liveId: string | null): Promise<TargetNeeds> {
  const lines = await readJournal(layout.journalFile);
  const view = viewJournal(lines);
  return {
    packed: lines.flatMap(readPacked),
    live: view.releases.find(({ id }) => id === liveId)?.bundleId ?? null,
    rollback: previousGood(view, liveId)?.bundleId ?? null,
    unfinished: view.unfinished?.bundle_id ?? null,
  };
}

/** By name alone: a state directory may be moved. */
function readPacked({ facts, bundle_id }: JournalLine): readonly (readonly [string, string])[] {
  const { bundle_path, bundle_packed } = facts;
  return bundle_packed === true && typeof bundle_path === 'string'
    ? [[basename(bundle_path), bundle_id]]
    : [];
}

/** A file that somebody put or linked there under the same name is theirs. */
async function isOwnFile(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => null);
  return stats !== null && stats.isFile() && stats.uid === (process.getuid?.() ?? stats.uid);
}

function toSet(ids: readonly (string | null)[]): ReadonlySet<string> {
  return new Set(ids.filter((id) => id !== null));
}

/** What would go from a target and from the bundles folder, and what that frees. Looks, and changes nothing. */
import type { StateDirectory } from '../system/index.ts';
import { readShelf, type Shelf, type ShelfBundle } from './bundle-shelf.ts';
import { listFiles } from './folder-files.ts';
import { freedBytes } from './freed-bytes.ts';
import { releasePath, type TargetLayout } from './layout.ts';
import { findUsers, type Tenant, type Users } from './release-users.ts';
import { decideBundles, decideReleases, type Decision, type RetentionPolicy } from './retention.ts';
import { findRemains, findStanding } from './standing-releases.ts';
import type { KnownRelease, TargetView } from './target-view.ts';

export interface RetentionPlan {
  readonly policy: RetentionPolicy;
  /** Newest first. */
  readonly releases: readonly PlannedRelease[];
  /** Newest first. */
  readonly bundles: readonly PlannedBundle[];
  /** Folders that an earlier removal could not empty: nothing offers them, and they go. */
  readonly remains: readonly PlannedFolder[];
  /** False where the file system can share blocks between files: then less may come free than is said. */
  readonly isExact: boolean;
  /** Processes that could not be looked into; null where nothing tells of them, or nobody had to be asked. */
  readonly unseenProcesses: number | null;
  /** Targets that could not be read, so that no bundle goes. */
  readonly unreadTargets: readonly string[];
}

export interface PlannedFolder {
  readonly path: string;
  /** What comes free on the disk when it goes; null where it stays. */
  readonly freesBytes: number | null;
}

export interface PlannedRelease extends PlannedFolder {
  readonly release: KnownRelease;
  readonly decision: Decision;
  /** Who uses it, where that is why it stays. */
  readonly usedBy: string | null;
}

export interface PlannedBundle extends PlannedFolder {
  readonly bundle: ShelfBundle;
  readonly decision: Decision;
  readonly usedBy: string | null;
}

export interface RetentionScene {
  readonly layout: TargetLayout;
  readonly state: StateDirectory;
  readonly view: TargetView;
  /** What is live, or would be; null where nothing is, or where it is still to be made. */
  readonly liveId: string | null;
  /** Whether a deployment that is still to come would pack a bundle of its own. */
  readonly willPack?: boolean;
  /** The type of the file system of the releases, or null. */
  readonly fileSystemType: string | null;
}

/** Throws `SYSTEM_*`. */
export async function planRetention(policy: RetentionPolicy, scene: RetentionScene): Promise<RetentionPlan> {
  const { layout, state, view } = scene;
  const standing = await findStanding(layout, view.releases);
  const shelf = await readShelf(scene, state);
  const remains = await findRemains(layout, view);
  const nobody: Users = { byName: new Map(), unseenProcesses: null };
  const first = decide(policy, { standing, shelf, scene, users: nobody });
  // Only what would go is asked after: where nothing goes, no process is looked at.
  const tenants = await listTenants(first, { standing, shelf, layout });
  const users = tenants.length === 0 ? nobody : await findUsers(layout, tenants);
  const last = decide(policy, { standing, shelf, scene, users });
  const gone = new Map(tenants.map(({ name, files }) => [name, files]));
  const going = [
    ...standing.filter((_, at) => last.releases[at]?.action === 'remove').map(({ id }) => id),
    ...shelf.bundles.filter((_, at) => last.bundles[at]?.action === 'remove').map(({ path }) => path),
  ];
  const leftFiles = await Promise.all(remains.map((path) => listFiles(path)));
  const bytes = freedBytes([...going.map((name) => gone.get(name) ?? []), ...leftFiles]);
  const freed = new Map([...going, ...remains].map((name, at) => [name, bytes[at] ?? 0]));
  return {
    policy,
    releases: standing
      .flatMap((release, at) => {
        const decision = last.releases[at];
        if (decision === undefined) return [];
        const { id } = release;
        const path = releasePath(layout, id);
        return [{ release, path, decision, ...costOf(id, decision, { freed, users }) }];
      })
      .toReversed(),
    bundles: shelf.bundles.flatMap((bundle, at) => {
      const decision = last.bundles[at];
      if (decision === undefined) return [];
      const { path } = bundle;
      return [{ bundle, path, decision, ...costOf(path, decision, { freed, users }) }];
    }),
    remains: remains.map((path) => ({ path, freesBytes: freed.get(path) ?? 0 })),
    isExact: !SHARES_BLOCKS.test(scene.fileSystemType ?? ''),
    unseenProcesses: users.unseenProcesses,
    unreadTargets: shelf.unread,
  };
}

/** File systems on which two files can hold the same blocks without either knowing. */
const SHARES_BLOCKS = /^(btrfs|xfs|bcachefs|zfs|ocfs2|overlay)$/;

interface Judged {
  readonly standing: readonly KnownRelease[];
  readonly shelf: Shelf;
  readonly scene: RetentionScene;
  readonly users: Users;
}

interface Decisions {
  readonly releases: readonly Decision[];
  readonly bundles: readonly Decision[];
}

function decide(policy: RetentionPolicy, { standing, shelf, scene, users }: Judged): Decisions {
  const { view, liveId, willPack = false } = scene;
  const { unfinished } = view;
  const { keep, keepBundles } = policy;
  const needed = unfinished === null || unfinished.kind === 'prune' ? [] : [unfinished.from, unfinished.to];
  return {
    releases: decideReleases(standing, {
      liveId,
      unfinished: new Set(needed.filter((id) => id !== null)),
      inUse: new Set(users.byName.keys()),
      keep,
    }),
    bundles: decideBundles(
      shelf.bundles.map(({ path, ...bundle }) => ({ ...bundle, isInUse: users.byName.has(path) })),
      {
        ...shelf,
        isWhole: shelf.unread.length === 0,
        // One that is still to be packed takes the first place.
        keepBundles: keepBundles === 'all' || !willPack ? keepBundles : Math.max(0, keepBundles - 1),
      },
    ),
  };
}

function costOf(
  name: string,
  { action, because }: Decision,
  { freed, users }: { readonly freed: ReadonlyMap<string, number>; readonly users: Users },
): Pick<PlannedRelease, 'freesBytes' | 'usedBy'> {
  return {
    freesBytes: action === 'remove' ? (freed.get(name) ?? 0) : null,
    usedBy: because === 'in-use' ? (users.byName.get(name) ?? null) : null,
  };
}

async function listTenants(
  { releases, bundles }: Decisions,
  { standing, shelf, layout }: Pick<Judged, 'standing' | 'shelf'> & { readonly layout: TargetLayout },
): Promise<readonly Tenant[]> {
  const tenants: Tenant[] = [];
  for (const [at, { id }] of standing.entries()) {
    if (releases[at]?.action !== 'remove') continue;
    tenants.push({ name: id, files: await listFiles(releasePath(layout, id)) });
  }
  for (const [at, { path }] of shelf.bundles.entries()) {
    if (bundles[at]?.action === 'remove') tenants.push({ name: path, files: await listFiles(path) });
  }
  return tenants;
}

/** Where the bytes of a damaged release can be had again: what is found is read whole and checked before it is named. */
import { lstat } from 'node:fs/promises';
import { listBundles, type ListedBundle } from '../bundle/index.ts';
import { Failure, messageOf } from '../core/index.ts';
import { touchesListed, type ReleaseDamage } from './compare-release.ts';
import type { DeployContext } from './context.ts';
import { DeployFailure } from './error.ts';
import { releasePath } from './layout.ts';
import { openRelease, type OpenRelease, type ReleaseOrigin } from './release-source.ts';
import type { KnownRelease, TargetView } from './target-view.ts';
import { findDamage, OWN_NAMES } from './verify-release.ts';

export type RepairSource =
  /** What SHA256SUMS lists is sound in the damaged release itself; only what lies around it is not. */
  | { readonly kind: 'itself'; readonly known: KnownRelease }
  | { readonly kind: 'bundle'; readonly path: string; readonly bundleId: string }
  | { readonly kind: 'release'; readonly known: KnownRelease };

/** A source that was looked at, and why it will not do. */
export interface PassedOver {
  readonly what: string;
  readonly why: string;
}

export interface FoundSource {
  readonly source: RepairSource;
  readonly passedOver: readonly PassedOver[];
}

export interface SearchOptions {
  readonly damage: readonly ReleaseDamage[];
  readonly view: TargetView;
  /** A bundle that somebody names; null to search. */
  readonly fromBundle: string | null;
}

type SearchContext = Pick<DeployContext, 'layout' | 'state' | 'signal' | 'onProgress'>;

/** Throws `DEPLOY_NO_SOURCE` with what is needed, `CORE_INTERRUPTED`, and what is wrong with a bundle that was named. */
export async function findRepairSource(
  damaged: KnownRelease,
  { damage, view, fromBundle }: SearchOptions,
  context: SearchContext,
): Promise<FoundSource> {
  if (fromBundle !== null) {
    const bundleId = await checkBundle(fromBundle, damaged, context);
    return { source: { kind: 'bundle', path: fromBundle, bundleId }, passedOver: [] };
  }
  if (!damage.some((one) => touchesListed(one, OWN_NAMES))) {
    return { source: { kind: 'itself', known: damaged }, passedOver: [] };
  }
  const passedOver: PassedOver[] = [];
  for (const path of await findBundles(damaged, context)) {
    try {
      const bundleId = await checkBundle(path, damaged, context);
      return { source: { kind: 'bundle', path, bundleId }, passedOver };
    } catch (failure) {
      passedOver.push({ what: path, why: whyNot(failure) });
    }
  }
  for (const known of sameReleases(damaged, view)) {
    const found = await findDamage(releasePath(context.layout, known.id), { ...known, ...context });
    const broken = found.filter((one) => touchesListed(one, OWN_NAMES));
    if (broken.length === 0) return { source: { kind: 'release', known }, passedOver };
    passedOver.push({ what: known.id, why: `it is damaged too: ${broken.length} of its files differ` });
  }
  throw noSource(damaged, passedOver, context);
}

/** What a deployment is made of it. */
export function toOrigin(source: RepairSource, { layout }: Pick<DeployContext, 'layout'>): ReleaseOrigin {
  if (source.kind === 'bundle') return { kind: 'bundle', path: source.path };
  return { kind: 'release', directory: releasePath(layout, source.known.id), known: source.known };
}

/** Reads it whole. Gives its id; throws unless it holds the very weights, under the same version. */
async function checkBundle(path: string, damaged: KnownRelease, context: SearchContext): Promise<string> {
  const release = await openRelease({ kind: 'bundle', path }, context);
  try {
    assertSame(path, release, damaged);
    await release.verify({ ...context, strict: false });
    return release.facts.bundleId;
  } finally {
    await release.close();
  }
}

function assertSame(path: string, { facts }: OpenRelease, { version, artifactSha256 }: KnownRelease): void {
  if (facts.version === version && facts.artifactSha256 === artifactSha256) return;
  throw new DeployFailure('DEPLOY_NO_SOURCE', `${path} does not hold what was deployed.`, {
    details: {
      expected: `${version}, sha256:${artifactSha256}`,
      received: `${facts.version}, sha256:${facts.artifactSha256}`,
    },
    hint: 'Name the bundle that it was deployed from: milton bundle inspect FILE',
  });
}

/** Where it lay when it was deployed, then every bundle of that id in the bundles folder. */
async function findBundles(
  { bundleId, bundlePath }: KnownRelease,
  { state, signal }: SearchContext,
): Promise<readonly string[]> {
  const listed = await listBundles(state.bundlesDir, { signal });
  const same = listed.filter((bundle) => idOf(bundle) === bundleId).map(({ path }) => path);
  const isThere =
    bundlePath !== null &&
    (await lstat(bundlePath).then(
      () => true,
      () => false,
    ));
  return [...new Set([...(isThere ? [bundlePath] : []), ...same])];
}

function idOf({ metadata }: ListedBundle): string | null {
  return metadata?.manifest.bundle_id ?? null;
}

/** Releases of the same weights and version; those with the same list first, then the newest. */
function sameReleases(damaged: KnownRelease, { releases }: TargetView): readonly KnownRelease[] {
  const { id, version, artifactSha256, sumsSha256 } = damaged;
  const isSameList = (one: KnownRelease): boolean => sumsSha256 !== null && one.sumsSha256 === sumsSha256;
  return releases
    .filter((one) => one.id !== id && one.liveSince !== null)
    .filter((one) => one.version === version && one.artifactSha256 === artifactSha256)
    .toReversed()
    .toSorted((a, b) => Number(isSameList(b)) - Number(isSameList(a)));
}

function whyNot(failure: unknown): string {
  if (!(failure instanceof Failure) || failure.code === 'CORE_INTERRUPTED') throw failure;
  return messageOf(failure);
}

function noSource(
  { id, version, bundleId, artifactSha256 }: KnownRelease,
  passedOver: readonly PassedOver[],
  { layout, state }: SearchContext,
): DeployFailure {
  const tried = passedOver.map(({ what, why }) => `${what}: ${why}`).join('; ');
  return new DeployFailure(
    'DEPLOY_NO_SOURCE',
    `${id} is damaged, and its bytes are neither in ${state.bundlesDir} nor in another release of ${layout.targetPath}.`,
    {
      details: {
        target_path: layout.targetPath,
        bundle_id: bundleId,
        model_version: version,
        artifact_sha256: artifactSha256,
        expected: `the bundle ${bundleId}, which holds ${version}, sha256:${artifactSha256}`,
        received: tried === '' ? 'nothing of that name' : tried,
      },
      hint: 'Bring that bundle here, then: milton repair --from-bundle FILE',
    },
  );
}

/** The way back: the link first, then the server, which must be seen to serve again what was live before. */
import { ADOPTED_VERSION, type Adoption } from './adoption.ts';
import type { DeployContext } from './context.ts';
import { releasePath, type TargetLayout } from './layout.ts';
import { serveRelease, type ServedRelease, type ServiceReport } from './service.ts';
import { hasService, type ServiceSettings } from './service-settings.ts';
import { placeAfterwards, swapBack } from './swap.ts';
import type { KnownRelease, TargetView } from './target-view.ts';

export interface WayBack {
  /** What was live before, or null. */
  readonly from: string | null;
  readonly to: string;
  /** What was taken over as `from`, and is given back; null where a link of ours stood there. */
  readonly adoption: Adoption | null;
  readonly view: TargetView;
  readonly service: ServiceSettings;
  /** The server may run the new release, or was stopped: the link alone is not enough. */
  readonly isServerTouched: boolean;
}

/**
 * Points the target back and has the server load it again. Where nothing was live before, the link is gone afterwards and
 * there is nothing to serve. An interrupt does not cut it short. Throws `TARGET_MOVED`, `DEPLOY_RESTART_FAILED`,
 * `DEPLOY_PROBE_FAILED`, `SYSTEM_*`.
 */
export async function goBack(
  { from, to, adoption, view, service, isServerTouched }: WayBack,
  { layout, exchange, onProgress }: Pick<DeployContext, 'layout' | 'exchange' | 'onProgress'>,
): Promise<ServiceReport | null> {
  await swapBack({ layout, exchange }, { from, to, adoption });
  const known = findServed(from, { adoption, view });
  if (!isServerTouched || known === null || !hasService(service)) return null;
  const served = { ...toServed(layout, known), releasePath: placeAfterwards(layout, known.id, adoption) };
  return serveRelease({ ...service, soakMs: 0 }, served, { onProgress });
}

type Served = Pick<KnownRelease, 'id' | 'version' | 'artifactSha256'>;

/** What a server ran before: nobody knows the digest of what was adopted. */
export function findServed(
  from: string | null,
  { adoption, view }: Pick<WayBack, 'adoption' | 'view'>,
): Served | null {
  if (adoption !== null) return { id: adoption.releaseId, version: ADOPTED_VERSION, artifactSha256: '' };
  return view.releases.find(({ id }) => id === from) ?? null;
}

/** A release of a target as its server sees it. */
export function toServed(layout: TargetLayout, { id, version, artifactSha256 }: Served): ServedRelease {
  return {
    id,
    version,
    artifactSha256,
    releasesDir: layout.releasesDir,
    releasePath: releasePath(layout, id),
    targetPath: layout.targetPath,
  };
}

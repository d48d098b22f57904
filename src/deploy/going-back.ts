/** The way back: the link first, then the server, which must be seen to serve again what was live before. */
import { pointBack } from './activate.ts';
import type { DeployContext } from './context.ts';
import { releasePath, type TargetLayout } from './layout.ts';
import { serveRelease, type ServedRelease, type ServiceReport } from './service.ts';
import { hasService, type ServiceSettings } from './service-settings.ts';
import type { KnownRelease, TargetView } from './target-view.ts';

export interface WayBack {
  /** What was live before, or null. */
  readonly from: string | null;
  readonly to: string;
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
  { from, to, view, service, isServerTouched }: WayBack,
  { layout, onProgress }: Pick<DeployContext, 'layout' | 'onProgress'>,
): Promise<ServiceReport | null> {
  await pointBack(layout, from, to);
  const known = view.releases.find(({ id }) => id === from);
  if (!isServerTouched || known === undefined || !hasService(service)) return null;
  return serveRelease({ ...service, soakMs: 0 }, toServed(layout, known), { onProgress });
}

/** A release of a target as its server sees it. */
export function toServed(
  layout: TargetLayout,
  { id, version, artifactSha256 }: Pick<KnownRelease, 'id' | 'version' | 'artifactSha256'>,
): ServedRelease {
  return {
    id,
    version,
    artifactSha256,
    releasesDir: layout.releasesDir,
    releasePath: releasePath(layout, id),
    targetPath: layout.targetPath,
  };
}

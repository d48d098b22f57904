/** One deployment on its way through the table, and what the journal and the report say of it. */
import type { JsonObject } from '../core/index.ts';
import type { Attempt } from './attempt.ts';
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import type { FinalPlan } from './final-plan.ts';
import { hasGates, toGatesJson } from './gates.ts';
import { toDamagedFacts } from './journal-facts.ts';
import { releasePath, type TargetLayout } from './layout.ts';
import { toTesterJson } from './load-tester.ts';
import type { State } from './machine.ts';
import type { OpenRelease } from './release-source.ts';
import type { ServiceReport } from './service.ts';
import { hasService, toServiceJson } from './service-settings.ts';
import type { Swap } from './swap.ts';
import type { TrustSession } from './trust-session.ts';
import type { AdoptedReport, Verdict } from './types.ts';

export interface DeploymentWalk {
  readonly release: OpenRelease;
  readonly attempt: Attempt;
  readonly options: DeployOptions;
  readonly context: DeployContext;
  readonly final: Extract<FinalPlan, { kind: 'deploy' }>;
  readonly trust: TrustSession;
}

/** What becomes known on the way and is needed later. */
export interface WalkNotes {
  readonly swap: Swap;
  /** The server may no longer run what was live before. */
  isServerTouched: boolean;
  isServerStopped: boolean;
  /** It was stopped, and did not start again after a refusal. */
  downBecause: unknown;
  /** The server did not come up well with this release. */
  isFoundBad: boolean;
  /** How the server took what was live before, where going back asked it. */
  servedBack: ServiceReport | null;
  /** What a later look holds the release against. */
  anchors: JsonObject;
}

/** What the line of a state says beside its name. */
export function factsAt(
  state: State,
  {
    attempt,
    final: { plan, donor, damaged },
    release,
    options: { service, gates, tester, skipLoadTest },
  }: DeploymentWalk,
  { anchors, servedBack }: Pick<WalkNotes, 'anchors' | 'servedBack'>,
): JsonObject {
  switch (state) {
    case 'planned':
      return {
        target_path: plan.targetPath,
        required_disk_bytes: plan.requiredDiskBytes,
        free_disk_bytes: plan.freeDiskBytes,
        bundle_path: release.bundlePath,
        bundle_packed: attempt.isBundlePacked === true,
        linked_from: donor?.releaseId ?? null,
        artifact_type: release.facts.artifactType,
        evidence_kind: release.facts.evidence?.kind ?? null,
        run_id: release.facts.evidence?.run_id ?? null,
        ...(hasService(service) && { service: toServiceJson(service) }),
        ...(hasGates(gates) && { gates: toGatesJson(gates) }),
        ...(!skipLoadTest && { tester: toTesterJson(tester) }),
      };
    case 'verified':
      return { checksum_verified: attempt.checksumVerified, ...anchors };
    case 'activating':
      return attempt.trust === null ? {} : { trust: attempt.trust };
    case 'load-tested':
      return { load_test: attempt.loadTest };
    case 'live':
      return {
        load_test: attempt.loadTest,
        served: attempt.service,
        ...(damaged !== null && { damaged: toDamagedFacts(damaged) }),
      };
    case 'rolled-back':
      return { served: servedBack };
    default:
      return {};
  }
}

/** What the line of a state makes known of releases. */
export function verdictsAt(
  state: State,
  { attempt, final: { damaged } }: DeploymentWalk,
  { isFoundBad }: WalkNotes,
): Readonly<Record<string, Verdict>> {
  if (state === 'rolling-back' && isFoundBad) return { [attempt.id]: 'bad' };
  if (state !== 'live') return {};
  return {
    [attempt.id]: attempt.checksumVerified ? 'good' : 'unknown',
    // Its bytes are no longer there to go back to.
    ...(damaged === null ? {} : { [damaged.releaseId]: 'bad' as const }),
  };
}

/** What was taken over; null where nothing was. */
export function toAdoptedReport({ adoption, method }: Swap, layout: TargetLayout): AdoptedReport | null {
  const how = method();
  if (adoption === null || how === null) return null;
  const { releaseId, thing } = adoption;
  return { release_id: releaseId, kind: thing.kind, path: releasePath(layout, releaseId), method: how };
}

/** Where things lie on a target. The one place that knows both layouts: beside a path, and in the state directory. */
import { basename, dirname, join, relative } from 'node:path';
import type { StateDirectory } from '../system/index.ts';

export interface TargetLayout {
  /** The link that is swapped: what a server points at. */
  readonly targetPath: string;
  readonly parentDir: string;
  /** Journal and lock. */
  readonly controlDir: string;
  readonly releasesDir: string;
  readonly journalFile: string;
  readonly lockFile: string;
  /** True for the target in the state directory, whose folders we may create. */
  readonly isDefault: boolean;
  /** What it would lie in, where that is a place that Milton Edge keeps for itself: such a target is refused. */
  readonly within: string | null;
  /** The state directory, where that lies below the target: a folder that holds it cannot be moved. */
  readonly holds: string | null;
}

/** The layout beside a path: `/srv/llm` → `/srv/.llm.milton/releases/<id>`. The path is absolute, its parent resolved. */
export function targetLayout(
  targetPath: string,
  { within = null, holds = null }: { readonly within?: string | null; readonly holds?: string | null } = {},
): TargetLayout {
  const parentDir = dirname(targetPath);
  const controlDir = join(parentDir, `.${basename(targetPath)}.milton`);
  return layout(targetPath, controlDir, join(controlDir, 'releases'), { isDefault: false, within, holds });
}

/** The layout without `--target-path`: `<state>/deployments/current` → `<state>/deployments/<id>`. */
export function defaultLayout(state: StateDirectory): TargetLayout {
  const targetPath = join(state.deploymentsDir, 'current');
  return layout(targetPath, join(state.deploymentsDir, '.current.milton'), state.deploymentsDir, {
    isDefault: true,
    within: null,
    holds: null,
  });
}

export function releasePath(layout: TargetLayout, releaseId: string): string {
  return join(layout.releasesDir, releaseId);
}

/** Where a release grows until every gate has passed. */
export function partialPath(layout: TargetLayout, releaseId: string): string {
  return join(layout.releasesDir, `.${releaseId}.partial`);
}

/** What the link says: relative, so that the whole tree can be moved or mounted elsewhere. */
export function linkText(layout: TargetLayout, releaseId: string): string {
  return relative(layout.parentDir, releasePath(layout, releaseId));
}

/** The release that a link's text names, or null if it is not one of ours. */
export function releaseOfLink(layout: TargetLayout, text: string): string | null {
  const releaseId = basename(text);
  return isReleaseId(releaseId) && text === linkText(layout, releaseId) ? releaseId : null;
}

/** Whether a text can be the name of a release: a single name, which leads nowhere else. */
export function isReleaseId(text: string): boolean {
  return (text.startsWith('deploy_') && isTransactionId(text)) || isAdoptedId(text);
}

/** Whether a text names a release that was not deployed: what stood at the target before, taken over as it was. */
export function isAdoptedId(text: string): boolean {
  return ADOPTED_ID.test(text);
}

/** The name under which a deployment keeps what it finds at the target: `adopt_YYYYMMDD_HHMMSS_mmm`, its own moment. */
export function adoptedIdOf(deploymentId: string): string {
  return `adopt${deploymentId.slice(-STAMP_LENGTH)}`;
}

/** The same of a deployment, a rollback, a pruning or the acceptance of a policy. */
export function isTransactionId(text: string): boolean {
  return TRANSACTION_ID.test(text) && text.length <= MAX_ID_LENGTH;
}

const TRANSACTION_ID = /^(?:deploy|rollback|prune|policy)_[A-Za-z0-9][A-Za-z0-9._+-]*$/;
const ADOPTED_ID = /^adopt_\d{8}_\d{6}_\d{3}$/;
/** `_YYYYMMDD_HHMMSS_mmm`. */
const STAMP_LENGTH = 20;
/** `rollback_`, a version of 100 characters, `_YYYYMMDD_HHMMSS_mmm`, and some room. */
const MAX_ID_LENGTH = 160;

function layout(
  targetPath: string,
  controlDir: string,
  releasesDir: string,
  kind: Pick<TargetLayout, 'isDefault' | 'within' | 'holds'>,
): TargetLayout {
  return {
    targetPath,
    parentDir: dirname(targetPath),
    controlDir,
    releasesDir,
    journalFile: join(controlDir, 'journal.jsonl'),
    lockFile: join(controlDir, 'lock'),
    ...kind,
  };
}

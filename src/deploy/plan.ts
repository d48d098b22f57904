/**
 * Whether a release may go to a target, decided before any byte is written there: from facts about the target, the
 * machine and the bytes to a plan, or to the one reason why not. Pure.
 */
import { formatBytes } from '../core/index.ts';
import type { ForeignThing } from './adoption.ts';
import { DeployFailure } from './error.ts';
import { DISK_MARGIN_BYTES } from './limits.ts';
import type { LoadTester } from './load-tester.ts';
import type { TargetFacts } from './target-facts.ts';
import { assertUsableTarget, refusal } from './usable-target.ts';

/** What is to be placed there. */
export interface ReleaseNeeds {
  readonly version: string;
  readonly artifactSha256: string;
  readonly totalSizeBytes: number;
  readonly largestFileBytes: number;
  /** What the load test needs, estimated; null where it is not known before staging, or no inference will run. */
  readonly memoryBytes: number | null;
  /** What packing a bundle takes first of the same room, its margin counted; 0 where none is packed there. */
  readonly packedBytes: number;
}

export interface PlanOptions {
  readonly allowNetworkFs: boolean;
  readonly retryBad: boolean;
  /** Lets what stands at the target become the previous release. */
  readonly adopt?: boolean;
  /** The bytes that are live were found damaged: they are not live already. */
  readonly isRepair?: boolean;
  /** Hex SHA-256 of what somebody vouches for now; what was taken on another word is not it. Null where nobody does. */
  readonly vouchedSubject?: string | null;
  /** Of the margin: what was written at the target since it was first asked for. */
  readonly spentBytes?: number;
}

export interface DeploymentPlan {
  readonly targetPath: string;
  /** What is live now, and what the link must still say when it is swapped; null on a first deployment. */
  readonly from: string | null;
  /** Somebody else's folder or link that becomes the previous release; null where none stands there. */
  readonly adopts: ForeignThing | null;
  readonly requiredDiskBytes: number;
  readonly freeDiskBytes: number;
  /** The same bytes under the same version are live, on the same word: if they still hash the same, there is nothing to do. */
  readonly isLiveAlready: boolean;
}

/** Throws `PLATFORM_UNSUPPORTED`, `TARGET_*`, `DEPLOY_MEMORY_SHORT`, `DEPLOY_MODEL_BAD`. */
export function planDeployment(
  facts: TargetFacts,
  needs: ReleaseNeeds,
  options: PlanOptions,
): DeploymentPlan {
  assertUsableTarget(facts, options);
  const from = facts.occupant.kind === 'release' ? facts.occupant.releaseId : null;
  const live = facts.view.releases.find((release) => release.id === from);
  const isSame = live?.artifactSha256 === needs.artifactSha256 && live.version === needs.version;
  const { vouchedSubject = null } = options;
  const isVouched = vouchedSubject === null || live?.trust?.subjectSha256 === vouchedSubject;
  const isLiveAlready = isSame && isVouched && options.isRepair !== true;
  assertNotBad(facts, needs, options);
  const requiredDiskBytes = diskBytesOf(needs, options);
  // What a crash left behind will be removed first, so the room is judged after that.
  if (!isLiveAlready && facts.view.unfinished === null) assertRoom(facts, needs, requiredDiskBytes);
  return {
    targetPath: facts.targetPath,
    from,
    adopts: findAdopted(facts, options),
    requiredDiskBytes,
    freeDiskBytes: facts.fileSystem.freeBytes,
    isLiveAlready,
  };
}

function findAdopted({ occupant }: TargetFacts, { adopt = false }: PlanOptions): ForeignThing | null {
  const isThere = adopt && occupant.kind === 'foreign' && occupant.adoptable.kind === 'yes';
  return isThere ? occupant.adoptable.thing : null;
}

/** Needs as the operator's options leave them: a load test that is skipped takes no memory, and a command's is unknown. */
export function withOptions(
  needs: ReleaseNeeds,
  { skipLoadTest, tester }: { readonly skipLoadTest: boolean; readonly tester: LoadTester },
): ReleaseNeeds {
  return skipLoadTest || tester.kind === 'command' ? { ...needs, memoryBytes: null } : needs;
}

/** Needs where the target has the weights already. */
export function withoutWeights(needs: ReleaseNeeds): ReleaseNeeds {
  return withoutBytes(needs, needs.totalSizeBytes);
}

/** Needs where so many bytes of the weights are not written anew. */
export function withoutBytes(needs: ReleaseNeeds, spareBytes: number): ReleaseNeeds {
  return { ...needs, totalSizeBytes: needs.totalSizeBytes - spareBytes };
}

function diskBytesOf({ totalSizeBytes, packedBytes }: ReleaseNeeds, { spentBytes = 0 }: PlanOptions): number {
  return packedBytes + totalSizeBytes + DISK_MARGIN_BYTES - spentBytes;
}

/** Whether the bytes find a place, on the disk and in memory. */
function assertRoom(facts: TargetFacts, needs: ReleaseNeeds, requiredDiskBytes: number): void {
  assertDisk(facts, needs, requiredDiskBytes);
  assertLargestFile(facts, needs);
  assertMemory(facts, needs);
}

function assertDisk(facts: TargetFacts, { packedBytes }: ReleaseNeeds, requiredBytes: number): void {
  const { freeBytes } = facts.fileSystem;
  if (freeBytes >= requiredBytes) return;
  const what =
    packedBytes === 0
      ? `this release needs ${formatBytes(requiredBytes)}`
      : `the bundle (${formatBytes(packedBytes)}) and this release need ${formatBytes(requiredBytes)} together`;
  const least = formatBytes(requiredBytes - freeBytes);
  throw refusal(
    facts,
    'TARGET_DISK_SHORT',
    `The disk of ${facts.parentDir} has ${formatBytes(freeBytes)} free; ${what}.`,
    { expected: `${requiredBytes} bytes free`, received: `${freeBytes} bytes free` },
    packedBytes === 0
      ? `Free at least ${least} on that disk, then run the same command again.`
      : `Free at least ${least} on that disk, or make the release without a bundle: milton deploy --no-bundle`,
  );
}

function assertLargestFile(facts: TargetFacts, needs: ReleaseNeeds): void {
  const { maxFileBytes, type } = facts.fileSystem;
  if (maxFileBytes === null || needs.largestFileBytes <= maxFileBytes) return;
  throw refusal(
    facts,
    'TARGET_FILE_TOO_LARGE',
    `The model has a file of ${formatBytes(needs.largestFileBytes)}; ${type} holds at most ${formatBytes(maxFileBytes)}.`,
    { expected: `files of at most ${maxFileBytes} bytes`, received: `${needs.largestFileBytes} bytes` },
  );
}

/** Loading a second model beside the live one must not make the kernel end either. */
export function assertMemory(
  facts: TargetFacts,
  { memoryBytes }: Pick<ReleaseNeeds, 'memoryBytes'>,
  hint?: string,
): void {
  if (memoryBytes === null || memoryBytes <= facts.availableMemoryBytes) return;
  const { targetPath, availableMemoryBytes } = facts;
  const failure = memoryShort(memoryBytes, availableMemoryBytes, hint);
  throw failure.inContext({ details: { target_path: targetPath } });
}

export function memoryShort(neededBytes: number, availableBytes: number, hint?: string): DeployFailure {
  return new DeployFailure(
    'DEPLOY_MEMORY_SHORT',
    `The load test needs about ${formatBytes(neededBytes)} of memory; ${formatBytes(availableBytes)} can be had.`,
    {
      details: { expected: `${neededBytes} bytes available`, received: `${availableBytes} bytes available` },
      ...(hint === undefined ? {} : { hint }),
    },
  );
}

function assertNotBad(facts: TargetFacts, needs: ReleaseNeeds, { retryBad }: PlanOptions): void {
  const { releases, removed } = facts.view;
  const bad = [...releases, ...removed].find(
    // A copy that the disk damaged says nothing against the bytes that it was made from.
    ({ verdict, badBecause, artifactSha256 }) =>
      verdict === 'bad' && badBecause?.kind !== 'damaged' && artifactSha256 === needs.artifactSha256,
  );
  if (bad === undefined || retryBad) return;
  throw refusal(facts, 'DEPLOY_MODEL_BAD', `These bytes went live here as ${bad.id} and were found bad.`, {
    expected: 'a model that is not known to be bad',
    received: `sha256:${needs.artifactSha256}`,
  });
}

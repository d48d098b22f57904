/**
 * Whether a release may go to a target, decided before any byte is written there: from facts about the target, the
 * machine and the bytes to a plan, or to the one reason why not. Pure.
 */
import { formatBytes, type JsonObject } from '../core/index.ts';
import type { FileSystemFacts } from '../system/index.ts';
import { DeployFailure } from './error.ts';
import { DISK_MARGIN_BYTES } from './limits.ts';
import type { TargetView } from './target-view.ts';

/** A folder that the target depends on and that a stranger can change: writable for all, or not even ours. */
export interface UnsafeFolder {
  readonly path: string;
  readonly reason: 'open' | 'foreign';
}

/** What stands at the target path. */
export type TargetOccupant =
  | { readonly kind: 'nothing' }
  /** A link of ours; the release may be gone, which does not make it someone else's. */
  | { readonly kind: 'release'; readonly releaseId: string; readonly linkText: string }
  | { readonly kind: 'foreign'; readonly what: string };

export interface TargetFacts {
  readonly platform: string;
  readonly targetPath: string;
  readonly parentDir: string;
  readonly parent: 'missing' | 'not-a-folder' | 'not-writable' | 'ready';
  /** The parent, or our hidden folders. */
  readonly unsafeFolders: readonly UnsafeFolder[];
  readonly occupant: TargetOccupant;
  /** Of the file system that will hold the releases. */
  readonly fileSystem: FileSystemFacts;
  readonly availableMemoryBytes: number;
  readonly view: TargetView;
}

/** What is to be placed there. */
export interface ReleaseNeeds {
  readonly version: string;
  readonly artifactSha256: string;
  readonly totalSizeBytes: number;
  readonly largestFileBytes: number;
  /** What the load test needs, estimated; null where it is not known before staging, or no inference will run. */
  readonly memoryBytes: number | null;
}

export interface PlanOptions {
  readonly allowNetworkFs: boolean;
  readonly retryBad: boolean;
  /** The bytes that are live were found damaged: they are not live already. */
  readonly isRepair?: boolean;
}

export interface DeploymentPlan {
  readonly targetPath: string;
  /** What is live now, and what the link must still say when it is swapped; null on a first deployment. */
  readonly from: string | null;
  readonly requiredDiskBytes: number;
  readonly freeDiskBytes: number;
  /** The same bytes under the same version are live: if they still hash the same, there is nothing to do. */
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
  const isLiveAlready = isSame && options.isRepair !== true;
  assertNotBad(facts, needs, options);
  const requiredDiskBytes = needs.totalSizeBytes + DISK_MARGIN_BYTES;
  // What a crash left behind will be removed first, so the room is judged after that.
  if (!isLiveAlready && facts.view.unfinished === null) assertRoom(facts, needs);
  return {
    targetPath: facts.targetPath,
    from,
    requiredDiskBytes,
    freeDiskBytes: facts.fileSystem.freeBytes,
    isLiveAlready,
  };
}

/** Whether the bytes find a place, on the disk and in memory. */
export function assertRoom(facts: TargetFacts, needs: ReleaseNeeds): void {
  assertDisk(facts, needs.totalSizeBytes + DISK_MARGIN_BYTES);
  assertLargestFile(facts, needs);
  assertMemory(facts, needs);
}

/** The part of the plan that a rollback needs too: is the target one that we may change? */
export function assertUsableTarget(
  facts: TargetFacts,
  { allowNetworkFs }: Pick<PlanOptions, 'allowNetworkFs'>,
): void {
  const { parentDir, fileSystem } = facts;
  if (facts.platform === 'win32') {
    throw refusal(facts, 'PLATFORM_UNSUPPORTED', 'Windows cannot hold a target.', {
      expected: 'linux or darwin',
      received: facts.platform,
    });
  }
  switch (facts.parent) {
    case 'missing':
      throw refusal(
        facts,
        'TARGET_PARENT_MISSING',
        `The folder ${parentDir} does not exist.`,
        {
          expected: `a folder ${parentDir}`,
          received: 'nothing',
        },
        `Create it, owned by the user that deploys: mkdir -p ${quoteWord(parentDir)}`,
      );
    case 'not-a-folder':
      throw refusal(facts, 'TARGET_PARENT_MISSING', `${parentDir} is not a folder.`, {
        expected: `a folder ${parentDir}`,
        received: 'a file',
      });
    case 'not-writable':
      throw refusal(facts, 'TARGET_NOT_WRITABLE', `This user may not write in ${parentDir}.`, {
        expected: `write permission in ${parentDir}`,
        received: 'none, or a read-only file system',
      });
    case 'ready':
      break;
  }
  const [unsafe] = facts.unsafeFolders;
  if (unsafe !== undefined) throw unsafeTarget(facts, unsafe);
  if (facts.occupant.kind === 'foreign') {
    throw refusal(facts, 'TARGET_NOT_OURS', `${facts.targetPath} is ${facts.occupant.what}.`, {
      expected: 'nothing, or a link that Milton Edge made',
      received: facts.occupant.what,
    });
  }
  if (!fileSystem.hasSymbolicLinks) {
    throw refusal(
      facts,
      'TARGET_NO_LINKS',
      `${parentDir} lies on ${fileSystem.type}, which has no symbolic links.`,
      {
        expected: 'a file system with symbolic links',
        received: fileSystem.type,
      },
    );
  }
  if (fileSystem.isNetwork && !allowNetworkFs) {
    throw refusal(
      facts,
      'TARGET_NETWORK',
      `${parentDir} lies on the network file system ${fileSystem.type}.`,
      {
        expected: 'a local file system',
        received: fileSystem.type,
      },
    );
  }
}

function assertDisk(facts: TargetFacts, requiredBytes: number): void {
  const { freeBytes } = facts.fileSystem;
  if (freeBytes >= requiredBytes) return;
  throw refusal(
    facts,
    'TARGET_DISK_SHORT',
    `The disk of ${facts.parentDir} has ${formatBytes(freeBytes)} free; this release needs ${formatBytes(requiredBytes)}.`,
    { expected: `${requiredBytes} bytes free`, received: `${freeBytes} bytes free` },
    `Free at least ${formatBytes(requiredBytes - freeBytes)} on that disk, then run the same command again.`,
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
  throw refusal(
    facts,
    'DEPLOY_MEMORY_SHORT',
    `The load test needs about ${formatBytes(memoryBytes)} of memory; ${formatBytes(facts.availableMemoryBytes)} can be had.`,
    { expected: `${memoryBytes} bytes available`, received: `${facts.availableMemoryBytes} bytes available` },
    hint,
  );
}

function assertNotBad(facts: TargetFacts, needs: ReleaseNeeds, { retryBad }: PlanOptions): void {
  const bad = facts.view.releases.find(
    (release) => release.verdict === 'bad' && release.artifactSha256 === needs.artifactSha256,
  );
  if (bad === undefined || retryBad) return;
  throw refusal(facts, 'DEPLOY_MODEL_BAD', `These bytes went live here as ${bad.id} and were found bad.`, {
    expected: 'a model that is not known to be bad',
    received: `sha256:${needs.artifactSha256}`,
  });
}

function unsafeTarget(facts: TargetFacts, { path, reason }: UnsafeFolder): DeployFailure {
  if (reason === 'open') {
    return refusal(
      facts,
      'TARGET_UNSAFE',
      `Everybody may write in ${path}, so anybody could swap the model.`,
      { expected: 'a folder that others cannot write in', received: `${path} is writable for everybody` },
      `Take the right away: chmod o-w ${quoteWord(path)}`,
    );
  }
  return refusal(
    facts,
    'TARGET_UNSAFE',
    `${path} was made by somebody else, who could swap the model.`,
    {
      expected: 'a folder that belongs to this user, to root or to the owner of the folder above it',
      received: `${path} belongs to somebody else, or is no folder`,
    },
    `See who made it, then move it away or choose another --target-path: ls -ld ${quoteWord(path)}`,
  );
}

/** As a person would type it in a shell. */
function quoteWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function refusal(
  facts: TargetFacts,
  code: ConstructorParameters<typeof DeployFailure>[0],
  message: string,
  sides: JsonObject,
  hint?: string,
): DeployFailure {
  return new DeployFailure(code, message, {
    details: { ...sides, target_path: facts.targetPath },
    ...(hint === undefined ? {} : { hint }),
  });
}

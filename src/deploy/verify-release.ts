/** Hashes the files of a release again and compares them with what was deployed. Never believes a remembered digest. */
import { join } from 'node:path';
import { artifactDigest, assertSafePath, parseSums } from '../bundle/index.ts';
import { CoreFailure, Failure } from '../core/index.ts';
import { hashBytes, openFileSource, SystemFailure } from '../system/index.ts';
import {
  compareRelease,
  describeDamage,
  touchesContent,
  type ExpectedRelease,
  type ReleaseDamage,
} from './compare-release.ts';
import { DeployFailure } from './error.ts';
import { MAX_SUMS_BYTES } from './limits.ts';
import { DEPLOYED_AT_FILE, ENVIRONMENT_FILE, environmentFile, MODEL_LINK } from './release-folder.ts';
import { listRelease } from './release-listing.ts';
import type { WorkOptions } from './release-source.ts';

/** What the journal says of a release: whoever changed a file may have changed SHA256SUMS too. */
export interface DeployedBytes {
  /** Of the artifact. */
  readonly artifactSha256: string;
  /** With the version, model.env is compared too: a server is started by it. */
  readonly version?: string;
  /** Of SHA256SUMS; null where the journal is older than this fact. */
  readonly sumsSha256?: string | null;
  /** The text of DEPLOYED_AT; null as above. */
  readonly deployedAt?: string | null;
}

export type VerifyReleaseOptions = DeployedBytes & WorkOptions;

/** Every difference; empty where the release is as it was deployed. Throws `CORE_INTERRUPTED`, `SYSTEM_*`. */
export async function findDamage(
  directory: string,
  { signal, onProgress, ...deployed }: VerifyReleaseOptions,
): Promise<readonly ReleaseDamage[]> {
  const sums = await readSums(directory);
  const { artifactSha256, sumsSha256 = null } = deployed;
  const listed = sumsSha256 === null ? null : `sha256:${sumsSha256}`;
  if (!(sums instanceof Map)) return [{ path: SUMS_NAME, kind: sums, expected: listed, received: null }];
  const expected = expectedOf(directory, sums, deployed);
  const listing = await listRelease(directory, { files: expected.files.keys(), signal, onProgress });
  const damage = compareRelease(listing, expected);
  const digest = artifactDigest(sums);
  if (digest === artifactSha256 || damage.some(({ path }) => path === SUMS_NAME)) return damage;
  const [want, got] = [artifactSha256, digest].map((sha256) => `a list of the weights sha256:${sha256}`);
  return [{ path: SUMS_NAME, kind: 'changed', expected: want ?? null, received: got ?? null }, ...damage];
}

/**
 * Throws `DEPLOY_RELEASE_DAMAGED` with the files that differ. What changes nothing that is served (a right to write, a
 * file beside the others) is no reason not to go back.
 */
export async function verifyRelease(directory: string, options: VerifyReleaseOptions): Promise<void> {
  assertUndamaged(directory, (await findDamage(directory, options)).filter(touchesContent));
}

/** Throws `DEPLOY_RELEASE_DAMAGED` with the files that differ. */
export function assertUndamaged(directory: string, damage: readonly ReleaseDamage[]): void {
  if (damage.length > 0) throw releaseDamaged(directory, damage);
}

export function releaseDamaged(directory: string, damage: readonly ReleaseDamage[]): DeployFailure {
  const files = describeDamage(damage);
  return new DeployFailure('DEPLOY_RELEASE_DAMAGED', `${directory} is not as it was deployed: ${files}.`, {
    details: { release_path: directory, expected: 'the digests that it was deployed with', received: files },
  });
}

/** The list of a release, whole; null where it cannot be read. */
export async function readReleaseSums(directory: string): Promise<ReadonlyMap<string, string> | null> {
  const sums = await readSums(directory);
  return sums instanceof Map ? sums : null;
}

/** Of the list itself, for the journal; null where there is none to be hashed. */
export async function hashSums(directory: string): Promise<string | null> {
  const listing = await listRelease(directory, { files: [SUMS_NAME] });
  const entry = listing.get(SUMS_NAME);
  return entry?.kind === 'file' ? entry.sha256 : null;
}

/** Files under `model/` with their digests, in the order of SHA256SUMS; empty where that cannot be read. */
export async function readModelSums(directory: string): Promise<ReadonlyMap<string, string>> {
  const sums = await readReleaseSums(directory);
  return new Map([...(sums ?? [])].filter(([path]) => path.startsWith('model/')));
}

export const SUMS_NAME = 'SHA256SUMS';

/** Came with a signed bundle; the list cannot name it, since it is about the list. */
export const SIGNATURE_NAME = 'model.sig';

/** Names in a release that SHA256SUMS does not list: Milton Edge writes them as it places the release. */
export const OWN_NAMES: readonly string[] = [DEPLOYED_AT_FILE, ENVIRONMENT_FILE, MODEL_LINK];

function expectedOf(
  directory: string,
  sums: ReadonlyMap<string, string>,
  { artifactSha256, version, sumsSha256 = null, deployedAt = null }: DeployedBytes,
): ExpectedRelease {
  const modelFiles = [...sums.keys()].filter((path) => path.startsWith('model/'));
  const [model = ''] = modelFiles;
  const hasModelLink = modelFiles.length === 1 && model.endsWith('.gguf');
  // A file or a directory is what model.env names; nothing else it may say.
  const environments =
    version === undefined
      ? null
      : (['gguf', 'hf-distilled'] as const).map((artifactType) =>
          hashBytes(
            environmentFile({ artifactSha256, version, artifactType, modelFiles, finalPath: directory }),
          ),
        );
  return {
    files: new Map<string, readonly string[] | null>([
      [SUMS_NAME, sumsSha256 === null ? null : [sumsSha256]],
      ...[...sums].map(([path, sha256]) => [path, [sha256]] as const),
      [DEPLOYED_AT_FILE, deployedAt === null ? null : [hashBytes(`${deployedAt}\n`)]],
      [ENVIRONMENT_FILE, environments],
    ]),
    links: new Map(hasModelLink ? [[MODEL_LINK, model]] : []),
    others: [SIGNATURE_NAME],
  };
}

async function readSums(directory: string): Promise<Map<string, string> | ReleaseDamage['kind']> {
  try {
    const source = await openFileSource(join(directory, SUMS_NAME), { followLinks: false });
    try {
      if (source.sizeBytes > MAX_SUMS_BYTES) return 'changed';
      const sums = parseSums(await source.read(0, source.sizeBytes));
      for (const path of sums.keys()) assertSafePath(path);
      return new Map(sums);
    } finally {
      await source.close();
    }
  } catch (error) {
    return damageOf(error);
  }
}

/** What a file that could not be read is; an interrupt and our own mistakes go on. */
function damageOf(error: unknown): ReleaseDamage['kind'] {
  if (error instanceof SystemFailure) {
    if (error.code === 'SYSTEM_FILE_MISSING') return 'missing';
    return error.code === 'SYSTEM_FILE_NOT_REGULAR' ? 'not-a-file' : 'unreadable';
  }
  const isInterrupt = error instanceof CoreFailure && error.code === 'CORE_INTERRUPTED';
  if (error instanceof Failure && !isInterrupt) return 'changed';
  throw error;
}

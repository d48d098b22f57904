/** Whether a target is one that may be changed at all, whatever is to be placed there; the one reason why not. Pure. */
import { quoteWord, type JsonObject } from '../core/index.ts';
import { isSameThing } from './adoption.ts';
import { DeployFailure, type DeployCode } from './error.ts';
import { MAX_TARGET_NAME_BYTES } from './limits.ts';
import type { TargetFacts, TargetOccupant, UnsafeFolder } from './target-facts.ts';

export interface TargetUse {
  readonly allowNetworkFs: boolean;
  /** Whether somebody else's folder or link may stand there, to become the previous release. */
  readonly adopt?: boolean;
}

/** Throws `PLATFORM_UNSUPPORTED`, `TARGET_*`. */
export function assertUsableTarget(facts: TargetFacts, { allowNetworkFs, adopt = false }: TargetUse): void {
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
  const nameBytes = new TextEncoder().encode(facts.targetPath.split('/').at(-1)).length;
  if (nameBytes > MAX_TARGET_NAME_BYTES) {
    throw refusal(
      facts,
      'TARGET_NAME_TOO_LONG',
      'The name of the target leaves no room for the names beside it.',
      {
        expected: `at most ${MAX_TARGET_NAME_BYTES} bytes`,
        received: `${nameBytes} bytes`,
      },
    );
  }
  if (facts.within !== null) {
    throw refusal(
      facts,
      'TARGET_NOT_OURS',
      `${facts.targetPath} lies inside ${facts.within}, which is kept for other things.`,
      {
        expected: 'a path outside of the state directory and of every release',
        received: facts.targetPath,
      },
    );
  }
  const [unsafe] = facts.unsafeFolders;
  if (unsafe !== undefined) throw unsafeTarget(facts, unsafe);
  if (facts.occupant.kind === 'foreign') assertMayStand(facts, facts.occupant, adopt);
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

type ForeignOccupant = Extract<TargetOccupant, { kind: 'foreign' }>;

/** What is somebody else's is only touched where it is to be adopted, or an adoption was cut off by a crash. */
function assertMayStand(facts: TargetFacts, { what, adoptable }: ForeignOccupant, adopt: boolean): void {
  const { targetPath, view } = facts;
  const isBeingAdopted =
    view.adopting !== null && adoptable.kind === 'yes' && isSameThing(adoptable.thing, view.adopting.thing);
  if (isBeingAdopted || (adopt && adoptable.kind === 'yes')) return;
  if (adopt && adoptable.kind === 'no') {
    throw refusal(facts, adoptable.code, `${targetPath} cannot be adopted: ${adoptable.reason}.`, {
      expected: 'a folder or a link that one rename can replace',
      received: `${what}: ${adoptable.reason}`,
    });
  }
  const hint =
    adoptable.kind === 'yes'
      ? 'Let it become the previous release with --adopt, choose another --target-path, or move it away first.'
      : undefined;
  throw refusal(
    facts,
    'TARGET_NOT_OURS',
    `${targetPath} is ${what}.`,
    { expected: 'nothing, or a link that Milton Edge made', received: what },
    hint,
  );
}

/** A refusal with both sides and the target that it is about. */
export function refusal(
  facts: TargetFacts,
  code: DeployCode,
  message: string,
  sides: JsonObject,
  hint?: string,
): DeployFailure {
  return new DeployFailure(code, message, {
    details: { ...sides, target_path: facts.targetPath },
    ...(hint === undefined ? {} : { hint }),
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

/** The places of a deployment: the state directory and the targets, by the same facts and rules as the plan's. Pure. */
import { formatBytes, quoteWord, type JsonValue } from '../core/index.ts';
import type { ExaminedTarget, TargetFacts } from '../deploy/index.ts';
import { lacking, ok, type MachineCheck } from './machine-check.ts';
import type { MachineFacts, PlaceFacts, TargetPlace } from './machine-facts.ts';

export function judgePlaces({ state, targets }: MachineFacts): readonly MachineCheck[] {
  return [judgeState(state), ...judgeUnnamedFiles(state), ...targets.flatMap(judgeTargetPlace)];
}

function judgeState({ path, place }: MachineFacts['state']): MachineCheck {
  const subject = { id: 'state-directory', path, expected: 'a folder that only this user writes in' };
  const costs = 'Nothing can be registered, packed or recorded.';
  const fix = 'Choose another one with --state-dir or MILTON_STATE_DIR, or make it as the user that deploys.';
  if (place === null) {
    return lacking('failed', { ...subject, found: 'it cannot be looked at', costs, fix });
  }
  if (!place.isFolder) {
    return lacking('failed', { ...subject, found: `${place.folder} is no folder`, costs, fix });
  }
  if (!place.isWritable) {
    const found = `${describeBarrier(place)} ${place.folder}`;
    return lacking('failed', { ...subject, found, costs, fix });
  }
  if (place.isOpen && place.folder === path) {
    return lacking('degraded', {
      ...subject,
      found: 'everybody may write in it',
      costs: 'Anybody can change which model is chosen; remembered digests are not believed.',
      fix: `chmod o-w ${quoteWord(path)}`,
    });
  }
  const { type, freeBytes } = place.fileSystem;
  const room = `${formatBytes(freeBytes)} free on ${type ?? 'its disk'}`;
  const isThere = place.folder === path;
  return ok({ ...subject, found: isThere ? room : `not there yet, made when it is needed; ${room}` });
}

function describeBarrier({ isReadOnly }: PlaceFacts): string {
  return isReadOnly ? 'mounted read-only:' : 'this user may not write in';
}

/** Bundles are made in the state directory. Where nothing can be written, that is what is said. */
function judgeUnnamedFiles({ path, place }: MachineFacts['state']): readonly MachineCheck[] {
  if (place === null || !place.isWritable || !place.isFolder) return [];
  const subject = { id: 'unnamed-files', path, expected: 'O_TMPFILE and linkat(2)' };
  if (place.abilities.hasUnnamedFiles)
    return [ok({ ...subject, found: 'a bundle has no name until it is whole' })];
  return [
    lacking('degraded', {
      ...subject,
      found: `${place.fileSystem.type ?? 'its file system'} has no files without a name, or they cannot be named`,
      costs: 'A kill while a bundle is packed can leave a part of it, which the next run removes.',
      fix: null,
    }),
  ];
}

function judgeTargetPlace({ examined, place }: TargetPlace): readonly MachineCheck[] {
  const { facts } = examined;
  const target = judgeTarget(examined, place);
  if (target.status !== 'ok' || facts === null) return [target];
  return [target, judgeRoom(facts, examined), ...judgeSharing(facts, place)];
}

function judgeTarget({ targetPath, facts, refusal }: ExaminedTarget, place: PlaceFacts | null): MachineCheck {
  const expected = 'a place where a link can be swapped, and that strangers cannot change';
  const subject = { id: 'target', path: targetPath, expected };
  if (refusal !== null) {
    const { expected, received } = refusal.details;
    const isReadOnly = refusal.code === 'TARGET_NOT_WRITABLE' && place?.isReadOnly === true;
    return lacking('failed', {
      ...subject,
      found: isReadOnly ? `${place.folder} is mounted read-only` : (toText(received) ?? refusal.message),
      expected: toText(expected) ?? subject.expected,
      costs: `Each deployment to it is refused (${refusal.code}).`,
      fix: isReadOnly ? `mount -o remount,rw ${quoteWord(place.folder)}` : refusal.hint,
    });
  }
  const type = facts?.fileSystem.type ?? 'a file system of unknown type';
  const found = `on ${type}; ${facts?.occupant.kind === 'release' ? `${facts.occupant.releaseId} is live` : 'nothing is there yet'}`;
  if (facts?.fileSystem.isNetwork === true) {
    const costs = 'Whether a power cut or a lost connection leaves a whole release depends on the server.';
    return lacking('degraded', { ...subject, found, costs, fix: 'Choose a local --target-path.' });
  }
  return ok({ ...subject, found });
}

function judgeRoom({ fileSystem }: TargetFacts, { targetPath, marginBytes }: ExaminedTarget): MachineCheck {
  const { freeBytes, totalBytes, maxFileBytes } = fileSystem;
  const largest = maxFileBytes === null ? '' : `; files of at most ${formatBytes(maxFileBytes)}`;
  const subject = {
    id: 'target-room',
    path: targetPath,
    found: `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free${largest}`,
    expected: `the size of a model, and ${formatBytes(marginBytes)}`,
  };
  if (freeBytes > marginBytes) return ok(subject);
  return lacking('failed', {
    ...subject,
    costs:
      'Each deployment is refused (TARGET_DISK_SHORT), and a disk that is full stops other programs too.',
    fix: 'Free some room on that disk; milton bundle list shows what the bundles take.',
  });
}

/** Not a fault of most file systems, only good to know where a disk is small. */
function judgeSharing({ fileSystem }: TargetFacts, place: PlaceFacts | null): readonly MachineCheck[] {
  const shares = place?.abilities.sharesBlocks ?? null;
  if (shares === null) return [];
  return [
    ok({
      id: 'shared-blocks',
      path: place?.folder ?? '',
      found: shares
        ? 'deploy --no-bundle takes next to no room'
        : `not on ${fileSystem.type ?? 'this file system'}: each release is a copy`,
      expected: 'yes or no: btrfs, xfs and bcachefs can',
    }),
  ];
}

function toText(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

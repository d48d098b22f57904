/** What `milton status` knows of a target, as JSON. */
import type { JsonObject } from '../../core/index.ts';
import type {
  KnownLoadTest,
  KnownRelease,
  KnownService,
  LiveRelease,
  TargetStatus,
  UnfinishedRun,
  VerifiedLink,
  VerifiedRelease,
  VerifiedTarget,
} from '../../deploy/index.ts';
import { knownTrustJson, trustJson } from './policy-text.ts';
import type { TargetReport } from '../../pipeline/index.ts';

export function reportJson(report: TargetReport, verified: VerifiedTarget | null): JsonObject {
  if (report.kind === 'read') {
    const { status, trust } = report;
    return {
      ...statusJson(status),
      ...trustJson(trust),
      ...(verified !== null && { deep: verifiedJson(verified) }),
    };
  }
  const { targetPath, failure, linkedRelease } = report;
  return {
    target_path: targetPath,
    linked_release_id: linkedRelease,
    error: { ...failure.toReport(), exit_code: failure.exitCode },
  };
}

export function verifiedJson({ link, releases }: VerifiedTarget): JsonObject {
  return { link: linkJson(link), releases: releases.map(verifiedReleaseJson) };
}

function statusJson(target: TargetStatus): JsonObject {
  const { live, occupant, unfinished } = target;
  return {
    target_path: target.targetPath,
    occupied_by: occupant.kind,
    occupant: occupant.kind === 'foreign' ? occupant.what : null,
    live: live === null ? null : liveJson(live),
    previous: target.previous.map((release) => ({
      release_id: release.id,
      model_version: release.version,
      bundle_id: release.bundleId,
      artifact_sha256: release.artifactSha256 || null,
      live_since: release.liveSince,
      verdict: release.verdict,
      because: becauseOf(release),
      adopted: release.adopted?.thing.kind ?? null,
    })),
    rollback_to: target.rollbackTo,
    unfinished: unfinished === null ? null : unfinishedJson(unfinished),
  };
}

function liveJson({ id, releasePath, known, ...live }: LiveRelease): JsonObject {
  return {
    release_id: id,
    release_path: releasePath,
    model_version: known?.version ?? null,
    bundle_id: known?.bundleId ?? null,
    // What was adopted has no digest.
    artifact_sha256: known?.artifactSha256 || null,
    size_bytes: live.sizeBytes,
    since: known?.liveSince ?? null,
    verdict: known?.verdict ?? 'unknown',
    because: known === null ? null : becauseOf(known),
    adopted: known?.adopted?.thing.kind ?? null,
    load_test: known?.loadTestKind ?? null,
    load_test_figures: loadTestJson(known?.loadTest ?? null),
    service: serviceJson(known?.service ?? null),
    evidence: live.evidence,
    chat_templates: live.chatTemplates,
    unsafe_files: live.unsafeFiles,
    signature: live.hasSignature ? (known?.trust ? 'checked when it went live' : 'not checked') : 'none',
    vouched_by: knownTrustJson(known?.trust ?? null),
  };
}

function becauseOf({ unknownBecause, badBecause }: KnownRelease): string | null {
  return badBecause?.text ?? unknownBecause;
}

function loadTestJson(test: KnownLoadTest | null): JsonObject | null {
  if (test === null) return null;
  return {
    at: test.at,
    kind: test.kind,
    engine: test.engine,
    engine_version: test.engineVersion,
    tokens: test.tokens,
    load_ms: test.loadMs,
    time_to_first_token_ms: test.firstTokenMs,
    tokens_per_second: test.tokensPerSecond,
    note: test.note,
  };
}

function serviceJson(service: KnownService | null): JsonObject | null {
  if (service === null) return null;
  return {
    at: service.at,
    restarted: service.restarted,
    answers: service.answers.map(({ asked, answer }) => ({ asked, answer })),
    failure: service.failure,
  };
}

function unfinishedJson(run: UnfinishedRun): JsonObject {
  return {
    transaction: run.transaction,
    kind: run.kind,
    state: run.state,
    at: run.at,
    next: run.next,
    model_version: run.version,
    back_to: run.from === null ? null : { release_id: run.from.id, model_version: run.from.version },
    will_serve: run.willServe,
    running_pid: run.runningPid,
  };
}

function linkJson(link: VerifiedLink): JsonObject {
  switch (link.kind) {
    case 'sound':
      return { sound: true, release_id: link.releaseId };
    case 'nothing-live':
      return { sound: true, release_id: null };
    case 'gone':
      return { sound: false, release_id: null, expected: link.expected, received: 'nothing' };
    case 'foreign':
      return { sound: false, release_id: null, expected: link.expected, received: link.received };
  }
}

function verifiedReleaseJson({ id, isLive, releasePath, found }: VerifiedRelease): JsonObject {
  return {
    release_id: id,
    release_path: releasePath,
    live: isLive,
    found: found.kind,
    damage: found.kind === 'damaged' ? found.damage.map((one) => ({ ...one })) : [],
  };
}

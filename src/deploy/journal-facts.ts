/** What the steps of a run found, read from the facts of its journal lines: load test, server, digests, damage. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { describeDamage, type ReleaseDamage } from './compare-release.ts';
import type { JournalLine } from './journal.ts';
import type { Permissions } from './release-folder.ts';
import { LOAD_TEST_KINDS, type LoadTestKind, type LoadTestReport } from './types.ts';

/** The speed of a load test, and how it was measured. */
export type MeasuredSpeed = Pick<
  LoadTestReport,
  'kind' | 'engine' | 'engine_version' | 'engine_flags' | 'prompt' | 'tokens' | 'tokens_per_second'
>;

/** A load test as the journal has it; null for each figure that it does not tell. */
export interface KnownLoadTest {
  readonly at: string;
  readonly kind: LoadTestKind;
  readonly engine: string | null;
  readonly engineVersion: string | null;
  readonly tokens: number | null;
  readonly loadMs: number | null;
  readonly firstTokenMs: number | null;
  readonly tokensPerSecond: number | null;
  readonly note: string | null;
}

/** How the server of a target took a release, the last time that it was to run it. */
export interface KnownService {
  readonly at: string;
  readonly restarted: boolean;
  /** What was asked, and what came last; empty where the journal is older than this fact, or nothing was asked. */
  readonly answers: readonly { readonly asked: string; readonly answer: string }[];
  /** Why it did not come up well; null where it did. */
  readonly failure: string | null;
}

/** A release that no longer holds what was deployed as it. */
export interface DamagedRelease {
  readonly releaseId: string;
  readonly damage: readonly ReleaseDamage[];
}

/** What anchors a release on disk beside the digest of its weights. */
export interface KnownAnchors {
  readonly sumsSha256: string | null;
  readonly deployedAt: string | null;
  readonly permissions: Permissions | null;
}

export function readLoadTest({ facts, at }: JournalLine): KnownLoadTest | null {
  const report = facts['load_test'];
  if (!isObject(report)) return null;
  const kind = LOAD_TEST_KINDS.find((known) => known === report['kind']);
  if (kind === undefined) return null;
  return {
    at,
    kind,
    engine: textOf(report['engine']),
    engineVersion: textOf(report['engine_version']),
    tokens: numberOf(report['tokens']),
    loadMs: numberOf(report['load_ms']),
    firstTokenMs: numberOf(report['time_to_first_token_ms']),
    tokensPerSecond: numberOf(report['tokens_per_second']),
    note: textOf(report['note']),
  };
}

export function readMeasured({ facts }: JournalLine): MeasuredSpeed | null {
  const report = facts['load_test'];
  if (!isObject(report) || report['kind'] !== 'inference') return null;
  const { engine, engine_version, engine_flags, prompt, tokens, tokens_per_second } = report;
  // Older lines have no flags: the only engine then took none.
  const flags = Array.isArray(engine_flags) ? engine_flags.filter((flag) => typeof flag === 'string') : null;
  const isWhole =
    typeof engine === 'string' &&
    typeof engine_version === 'string' &&
    typeof prompt === 'string' &&
    typeof tokens === 'number' &&
    typeof tokens_per_second === 'number';
  if (!isWhole) return null;
  const how = { engine, engine_version, engine_flags: flags, prompt, tokens };
  return { kind: 'inference', ...how, tokens_per_second };
}

/** Of which release a line tells how the server took it; null where it tells of none. */
export function readServed(
  line: JournalLine,
): { readonly id: string; readonly service: KnownService } | null {
  const { state, facts, at, from, to } = line;
  const id = state === 'rolled-back' || state === 'stuck' ? from : to;
  const { served } = facts;
  if (id === null) return null;
  if (isObject(served)) {
    const answers = Array.isArray(served['answers']) ? served['answers'].flatMap(readAnswer) : [];
    return { id, service: { at, restarted: served['restarted'] === true, answers, failure: null } };
  }
  const because = readBecause(line);
  if (because === null || !SERVICE_CODES.some((code) => code === because.code)) return null;
  return { id, service: { at, restarted: true, answers: [], failure: because.message } };
}

/** Why a run did not get further. */
export function readBecause({
  facts,
}: JournalLine): { readonly code: string | null; readonly message: string } | null {
  const { because } = facts;
  const message = isObject(because) ? textOf(because['message']) : null;
  return !isObject(because) || message === null ? null : { code: textOf(because['code']), message };
}

/** The release that was found damaged on disk, and in which files. */
export function readDamaged({ facts }: JournalLine): { readonly id: string; readonly files: string } | null {
  const { damaged } = facts;
  if (!isObject(damaged)) return null;
  const [id, files] = [textOf(damaged['release_id']), textOf(damaged['files'])];
  return id === null || files === null ? null : { id, files };
}

/** The same, as a line says it. */
export function toDamagedFacts({ releaseId, damage }: DamagedRelease): JsonObject {
  return { release_id: releaseId, files: describeDamage(damage) };
}

/** Where the bundle lay, as an absolute path. */
export function readBundlePath({ facts }: JournalLine): string | null {
  const path = textOf(facts['bundle_path']);
  return path?.startsWith('/') === true ? path : null;
}

export function readAnchors({ facts }: JournalLine): KnownAnchors {
  const mode = facts['file_mode'];
  const sums = textOf(facts['sums_sha256']);
  return {
    sumsSha256: sums !== null && isReleaseDigest(sums) ? sums : null,
    deployedAt: textOf(facts['deployed_at']),
    permissions:
      typeof mode === 'string' && /^[0-7]{3,4}$/.test(mode)
        ? { fileMode: Number.parseInt(mode, 8), groupId: numberOf(facts['group_id']) }
        : null,
  };
}

/** Hex SHA-256; what was never deployed by us has none. */
export function isReleaseDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** The same, as a line says it. */
export function toAnchorFacts(anchors: {
  readonly sumsSha256: string | null;
  readonly deployedAt: string | null;
  readonly permissions: Permissions;
}): JsonObject {
  const { fileMode, groupId } = anchors.permissions;
  return {
    sums_sha256: anchors.sumsSha256,
    deployed_at: anchors.deployedAt,
    file_mode: fileMode.toString(8).padStart(4, '0'),
    group_id: groupId,
  };
}

const SERVICE_CODES: readonly string[] = ['DEPLOY_PROBE_FAILED', 'DEPLOY_RESTART_FAILED'];

function readAnswer(value: JsonValue): { readonly asked: string; readonly answer: string }[] {
  if (!isObject(value)) return [];
  const [asked, answer] = [textOf(value['asked']), textOf(value['answer'])];
  return asked === null || answer === null ? [] : [{ asked, answer }];
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== undefined && isJsonObject(value);
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: JsonValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

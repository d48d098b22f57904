/**
 * What was measured before and need not be measured again: the same bytes, asked the same cases, by the same engine under the same
 * settings, on the same machine. Its values are carried over from the run that has them, and say so.
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MEASURING_METHOD, type SampledCases, type Suite } from '../bench/index.ts';
import { Failure, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import {
  listRunFiles,
  loadRun,
  type BenchmarkRun,
  type Candidate,
  type LoadedRun,
} from '../evidence/index.ts';
import type { BenchCandidate, FoundCandidate } from './bench-candidate.ts';
import type { BenchSetup } from './bench-engine.ts';

/** The run that measured it, as it stands in the run that carries its values over. */
export type CarriedOver = {
  readonly run_id: string;
  /** When that run was made. */
  readonly timestamp: string;
};

export interface EarlierMeasurement {
  readonly candidate: FoundCandidate;
  readonly setup: BenchSetup;
  /** As it stands in the earlier run. */
  readonly measured: Candidate;
  readonly from: CarriedOver;
}

/** A candidate, and under which settings it would be measured now. */
export interface ForeseenCandidate {
  readonly candidate: FoundCandidate;
  readonly setup: BenchSetup;
}

export interface AskedNow {
  readonly suite: Suite;
  readonly sampled: SampledCases | null;
  readonly machineSha256: string | null;
}

/** The newest runs of a folder, newest first; what cannot be read has nothing to carry over. */
export async function* newestRuns(runsDir: string): AsyncGenerator<LoadedRun> {
  for (const name of (await listRunFiles(runsDir)).slice(0, MAX_EARLIER_RUNS)) {
    const loaded = await loadIfReadable(join(runsDir, name));
    if (loaded !== null) yield loaded;
  }
}

/** By candidate; the first run that has one counts. */
export async function findEarlier(
  foreseen: readonly ForeseenCandidate[],
  {
    runs,
    asked,
  }: { readonly runs: AsyncIterable<LoadedRun> | Iterable<LoadedRun>; readonly asked: AskedNow },
): Promise<ReadonlyMap<BenchCandidate, EarlierMeasurement>> {
  const found = new Map<BenchCandidate, EarlierMeasurement>();
  if (foreseen.length === 0) return found;
  for await (const { run } of runs) {
    if (!asksTheSame(run, asked)) continue;
    for (const one of foreseen) {
      if (found.has(one.candidate)) continue;
      const measured = run.candidates.find((candidate) => isSame(candidate, one));
      if (measured === undefined) continue;
      found.set(one.candidate, { ...one, measured, from: originOf(run, measured) });
    }
    if (found.size === foreseen.length) break;
  }
  return found;
}

/** A run of ours, of the same questions and this machine. A machine that cannot be told from others is never the same. */
function asksTheSame(
  { metadata, milton = {} }: BenchmarkRun,
  { suite, sampled, machineSha256 }: AskedNow,
): boolean {
  const { suite_sha256: suiteSha256, machine_sha256: machine } = milton;
  const { method, suite: about } = milton as JsonObject;
  return (
    !metadata.dry_run &&
    method === MEASURING_METHOD &&
    suiteSha256 === suite.sha256 &&
    machineSha256 !== null &&
    machine === machineSha256 &&
    isJsonObject(about) &&
    isDeepStrictEqual(about['sampled'], sampled)
  );
}

function isSame(
  measured: Candidate,
  { candidate: { artifact }, setup: { engine, settings } }: ForeseenCandidate,
): boolean {
  const { engine: measuredBy, settings: under } = measured as JsonObject;
  return (
    artifact !== null &&
    measured.artifact?.sha256 === artifact.sha256 &&
    isDeepStrictEqual(measuredBy, engine) &&
    isDeepStrictEqual(under, settings) &&
    Object.values(measured.metrics).every(({ status }) => status !== 'error')
  );
}

/** Where the numbers come from in the first place, however often they were carried over since. */
function originOf({ metadata }: BenchmarkRun, measured: Candidate): CarriedOver {
  const before = (measured as JsonObject)['carried_over'];
  if (isCarriedOver(before)) return before;
  return { run_id: metadata.run_id, timestamp: metadata.timestamp };
}

function isCarriedOver(value: JsonValue | undefined): value is CarriedOver {
  return isJsonObject(value) && typeof value['run_id'] === 'string' && typeof value['timestamp'] === 'string';
}

async function loadIfReadable(path: string): Promise<LoadedRun | null> {
  try {
    return await loadRun(path);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Months of a run every few hours are no reason to read for minutes before the first question. */
const MAX_EARLIER_RUNS = 50;

/** Whether the best candidate of a run takes the place of the model that is live, or that one stays. Pure. */
import { escapeText } from '../core/index.ts';
import type { Candidate } from '../evidence/index.ts';
import { DEFAULT_MIN_GAIN } from './defaults.ts';
import { SelectFailure } from './error.ts';
import { noiseBetween, type Noise } from './noise.ts';
import type { ModelScore, SelectedResult } from './types.ts';

/** The model that is live on a target. */
export interface LiveModel {
  readonly version: string;
  /** Hex SHA-256 of its artifact. */
  readonly artifactSha256: string;
}

export interface ReplaceOptions {
  /** How much the score must be higher, 0–1. */
  readonly minGain?: number;
  /** Replaces a live model that the run did not measure, too. */
  readonly deployUnmeasured?: boolean;
}

export type ReplaceReason = 'nothing-live' | 'live-fails' | 'live-unmeasured' | 'better';
export type StayReason = 'best-already' | 'gain-too-small' | 'within-noise' | 'live-unmeasured';

/** As it is printed and kept (snake_case). Scores are those of one run, 0–1; null where the run did not measure it. */
export type Replacement = (
  | { readonly kind: 'replace'; readonly because: ReplaceReason }
  | { readonly kind: 'stay'; readonly because: StayReason }
) & {
  /** One sentence, with both scores where both are known. */
  readonly reason: string;
  readonly live_version: string | null;
  readonly live_score: number | null;
  readonly winner_version: string;
  readonly winner_score: number;
  /** Winner over live. */
  readonly gain: number | null;
  readonly min_gain: number;
  /** What may be chance, on the scale of the score; null where the run states no spread, or nothing was compared. */
  readonly noise: number | null;
};

interface Compared {
  readonly winner: ModelScore;
  readonly live: LiveModel | null;
  readonly liveScore: ModelScore | null;
  readonly minGain: number;
}

/**
 * The live model stays unless the winner of the same run beats it by more than `minGain` and by more than the noise, or
 * it fails a threshold itself. It is found in the run by the digest of its artifact, else by its version, unless that
 * candidate was measured with other bytes. Throws `SELECT_MIN_GAIN_INVALID`.
 */
export function judgeReplacement(
  { result, candidates }: { readonly result: SelectedResult; readonly candidates: readonly Candidate[] },
  live: LiveModel | null,
  { minGain = DEFAULT_MIN_GAIN, deployUnmeasured = false }: ReplaceOptions = {},
): Replacement {
  assertMinGain(minGain);
  const scoreOf = (version: string | undefined): ModelScore | null =>
    result.all_scores.find((score) => score.model_version === version) ?? null;
  const winner = scoreOf(result.recommended_model) as ModelScore;
  const measured = live === null ? null : findLiveCandidate(candidates, live);
  const compared: Compared = { winner, live, liveScore: scoreOf(measured?.version), minGain };
  const best = escapeText(winner.model_version);
  if (live === null)
    return replace('nothing-live', `Nothing is live; ${best} is the best of the run.`, compared);
  const name = escapeText(live.version);
  if (measured === null || compared.liveScore === null) {
    const said = `The run did not measure the bytes of ${name}, which is live`;
    return deployUnmeasured
      ? replace('live-unmeasured', `${said}; ${best} replaces it, as asked.`, compared)
      : stay('live-unmeasured', `${said}, so nothing can be held against it.`, compared);
  }
  if (measured.version === winner.model_version || isSameArtifact(candidates, live, winner)) {
    return stay('best-already', `${name} is live, and the best of the run (${toText(winner)}).`, compared);
  }
  const [failure] = compared.liveScore.threshold_failures;
  if (failure !== undefined) {
    return replace(
      'live-fails',
      `${name} is live and fails a threshold: ${failure}; ${best} passes.`,
      compared,
    );
  }
  const challenger = candidates.find(({ version }) => version === winner.model_version) as Candidate;
  const noise = noiseBetween([challenger, measured], result.selection_metadata);
  return judgeGain(compared, compared.liveScore, noise);
}

function judgeGain(compared: Compared, liveScore: ModelScore, noise: Noise): Replacement {
  const { winner, minGain } = compared;
  const gain = toGain(winner, liveScore);
  const names = `${escapeText(winner.model_version)} (${toText(winner)})`;
  const against = `${escapeText(liveScore.model_version)}, which is live (${toText(liveScore)}),`;
  const lead = `${names} is ${gain.toFixed(4)} above ${against}`;
  const unknown = describeUnknown(noise);
  // Both sides have at most the places of a score, so that 0.51 is not above 0.50 by more than 0.01.
  if (gain <= minGain) {
    return stay(
      'gain-too-small',
      `${lead} and more than ${minGain} is asked for${unknown}.`,
      compared,
      noise,
    );
  }
  if (noise.value !== null && gain <= noise.value) {
    const said = `${lead} and differences up to ${noise.value.toFixed(4)} may be chance${unknown}.`;
    return stay('within-noise', said, compared, noise);
  }
  const chance = noise.value === null ? '' : ` and than chance (${noise.value.toFixed(4)})`;
  return replace('better', `${lead} more than ${minGain}${chance}${unknown}.`, compared, noise);
}

/** By digest, since a version may have been registered again; the same bytes may stand in a run twice. */
function findLiveCandidate(candidates: readonly Candidate[], live: LiveModel): Candidate | null {
  const same = candidates.filter(({ artifact }) => artifact?.sha256 === live.artifactSha256);
  const byVersion = (among: readonly Candidate[]): Candidate | undefined =>
    among.find(({ version }) => version === live.version);
  const found = byVersion(same) ?? same[0];
  if (found !== undefined) return found;
  const named = byVersion(candidates);
  return named === undefined || (named.artifact ?? null) !== null ? null : named;
}

function isSameArtifact(candidates: readonly Candidate[], live: LiveModel, winner: ModelScore): boolean {
  const candidate = candidates.find(({ version }) => version === winner.model_version);
  return candidate?.artifact?.sha256 === live.artifactSha256;
}

function assertMinGain(minGain: number): void {
  if (Number.isFinite(minGain) && minGain >= 0 && minGain <= 1) return;
  throw new SelectFailure(
    'SELECT_MIN_GAIN_INVALID',
    'The gain that is asked for must be a number from 0 to 1.',
    {
      details: { expected: 'a number from 0 to 1', received: String(minGain) },
    },
  );
}

function replace(because: ReplaceReason, reason: string, compared: Compared, noise?: Noise): Replacement {
  return { kind: 'replace', because, reason, ...toFacts(compared, noise) };
}

function stay(because: StayReason, reason: string, compared: Compared, noise?: Noise): Replacement {
  return { kind: 'stay', because, reason, ...toFacts(compared, noise) };
}

function toFacts({ winner, live, liveScore, minGain }: Compared, noise: Noise | undefined) {
  return {
    live_version: live?.version ?? null,
    live_score: liveScore?.total_score ?? null,
    winner_version: winner.model_version,
    winner_score: winner.total_score,
    gain: liveScore === null ? null : toGain(winner, liveScore),
    min_gain: minGain,
    noise: noise?.value ?? null,
  };
}

function toGain(winner: ModelScore, live: ModelScore): number {
  return Number((winner.total_score - live.total_score).toFixed(4));
}

function toText({ total_score: total }: ModelScore): string {
  return total.toFixed(4);
}

function describeUnknown({ value, unknown }: Noise): string {
  if (unknown.length === 0) return '';
  return value === null ? '; noise unknown' : `; noise of ${unknown.join(', ')} unknown`;
}

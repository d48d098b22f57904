/** The widest port: what measuring a model needs beyond serving it. */
import type { ServingModel } from './serving.ts';
import type { Score } from './types.ts';

export interface MeasurableModel extends ServingModel {
  /**
   * How probable each continuation is after the prefix, as `score` says it, in the same order. The prefix is read once for
   * all continuations whose tokens begin at the same place. Throws what `score` does; one that cannot be scored refuses all.
   */
  scoreEach(prefix: string, continuations: readonly string[]): Promise<readonly TextScore[]>;
  /** What the process has taken since it was started. */
  resources(): Promise<ModelResources>;
}

/** A score without the check of a whole vocabulary, which is made once for all continuations. */
export type TextScore = Omit<Score, 'probabilitySum'>;

export interface ModelResources {
  /** The largest resident size so far, in bytes, mapped weights included. */
  readonly peakRssBytes: number;
  /** What model and context take of the memory of a GPU, as the library reckons it; null where none is used. */
  readonly vramBytes: number | null;
  /** Time on a processor, of all threads together. */
  readonly cpuMs: number;
}

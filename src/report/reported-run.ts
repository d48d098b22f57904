/** What a page is made of: a run, read out, with the choice that follows from it. */
import type { RecordedCandidate, RunNote } from '../bench/index.ts';
import type { BenchmarkRun, RunState } from '../evidence/index.ts';
import type { ModelScore, SelectionResult } from '../select/index.ts';

export interface ReportedRun {
  readonly run: BenchmarkRun;
  readonly state: RunState;
  /** Best first. */
  readonly models: readonly ReportedModel[];
  readonly notes: readonly RunNote[];
  readonly selection: SelectionResult;
  /** Of the program that makes the page. */
  readonly programVersion: string;
  readonly madeAt: Date;
}

export interface ReportedModel extends RecordedCandidate {
  /** From 1. */
  readonly rank: number;
  readonly score: ModelScore;
  readonly standing: 'chosen' | 'passes' | 'out';
}

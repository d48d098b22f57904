/** What runs the models of a benchmark: the engine in the package, a llama-server of this machine, or somebody else's server. */
import type { BenchSubject, SubjectEngine } from '../bench/index.ts';
import type { MeasuredArtifact } from '../evidence/index.ts';
import type { FoundCandidate } from './bench-candidate.ts';

export interface BenchEngine {
  readonly name: string;
  /** Whether it loads the files of models, on this machine. Else a server has them, which may be anywhere. */
  readonly runsFiles: boolean;
  /** Under which settings the candidate would be measured, without loading it; null where only measuring it could tell. */
  foresee(candidate: FoundCandidate, options: OpenOptions): Promise<BenchSetup | null>;
  open: OpenSubject;
}

/** With the same bytes, the same suite and the same machine: what two measurements must have in common to be the same one. */
export interface BenchSetup {
  readonly engine: SubjectEngine;
  /** What was asked for, defaults filled in. */
  readonly settings: BenchSettings;
}

/** As it stands in a run. */
export type BenchSettings = {
  readonly threads: number;
  readonly context_tokens: number;
  readonly gpu_layers: number;
};

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Throws what loading throws. */
export type OpenSubject = (candidate: FoundCandidate, options: OpenOptions) => Promise<OpenedSubject>;

export interface OpenedSubject {
  readonly subject: BenchSubject;
  readonly facts: OpenedFacts;
  /** Null where nobody here chose them. */
  readonly settings: BenchSettings | null;
  /** Which bytes answer; null where nobody states them. */
  readonly artifact: MeasuredArtifact | null;
  /** That what answered is what was opened, beyond its files. Throws where it is not, or where nobody can tell. */
  confirm(options: OpenOptions): Promise<void>;
  close(): Promise<void>;
}

/** Each null where it cannot be known. */
export interface OpenedFacts {
  readonly loadMs: number | null;
  readonly threads: number | null;
  readonly contextTokens: number | null;
  /** What computes: `cpu`, or the name of the GPU. */
  readonly deviceName: string | null;
  readonly missingProtections: readonly string[];
}

/** What the tiers need of a model, whoever runs it. One adapter for each kind of engine fills it. */
import type { AnswerConstraint, AnswerTimings, Prompt } from '../engine/index.ts';

export interface BenchSubject {
  readonly engine: SubjectEngine;
  /** Whether `constraint` of a request has an effect. */
  readonly constrains: boolean;
  /** Answers a prompt from an empty context, each time anew. Throws what the engine throws. */
  answer(prompt: Prompt, request: SubjectRequest): Promise<SubjectAnswer>;
  /** How probable each continuation is after the prefix, which is evaluated once; null where the engine tells no probabilities. */
  readonly scoreEach:
    ((prefix: string, continuations: readonly string[]) => Promise<readonly ContinuationScore[]>) | null;
  /** A vector for each text; null where there is none to be had. */
  readonly embed: ((texts: readonly string[]) => Promise<readonly (readonly number[])[]>) | null;
  /** What the engine's process has taken so far; null where it cannot be known. */
  readonly resources: (() => Promise<SubjectResources>) | null;
}

/** As a load test records it. */
export interface SubjectEngine {
  readonly name: string;
  readonly version: string | null;
  readonly flags: readonly string[];
}

export interface SubjectRequest {
  readonly maxTokens: number;
  /** 0 takes the most probable token each time. */
  readonly temperature: number;
  readonly seed: number;
  readonly stop: readonly string[];
  readonly constraint?: AnswerConstraint;
  readonly signal?: AbortSignal;
}

export interface SubjectAnswer {
  readonly text: string;
  /** Null where a server does not tell. */
  readonly promptTokenCount: number | null;
  readonly tokenCount: number;
  readonly endedBy: 'token-limit' | 'context-full' | 'end-of-generation' | 'stop-text' | 'cancelled';
  readonly timeToFirstTokenMs: number;
  readonly totalMs: number;
  /** What the engine itself says that it took; null where it says nothing. */
  readonly timings: AnswerTimings | null;
}

export interface ContinuationScore {
  /** Natural logarithm. */
  readonly logProbability: number;
  readonly tokenCount: number;
}

export interface SubjectResources {
  /** The most memory that was ever resident, in bytes, mapped weights included. */
  readonly peakRssBytes: number;
  /** Memory of a GPU, in bytes; null where none is used, `unseen` where nobody tells. */
  readonly vramBytes: number | 'unseen' | null;
  /** Processor time since it was started. */
  readonly cpuMs: number;
}

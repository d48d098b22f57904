/** The wider port: what a server needs of an engine beyond a load test. Text comes as it is made, and can be cut off. */
import type { Failure } from '../core/index.ts';
import type { Engine, LoadedModel, LoadRequest } from './types.ts';

/** An engine whose models can also be served. */
export interface ServingEngine extends Engine {
  load(request: ServingLoadRequest): Promise<ServingModel>;
}

export interface ServingLoadRequest extends LoadRequest {
  /**
   * `trial` (default): beside what runs, and the first to go when memory runs out. `service`: what the machine is there
   * for, at the standing of the process that loads it. `measurement`: at that priority too, since it is to show what the
   * model will do in service, and yet the first to go.
   */
  readonly purpose?: 'trial' | 'service' | 'measurement';
}

export interface ServingModel extends LoadedModel {
  /**
   * Answers a prompt, from an empty context as every call. Throws what `LoadedModel` says, and `ENGINE_CHAT_UNSUPPORTED`
   * for messages to a model that has no chat template, or none that works.
   */
  answer(request: AnswerRequest, options?: AnswerOptions): Promise<Answer>;
  /** Fulfilled, never rejected, with the reason once the process has ended; `ENGINE_CLOSED` where it was closed. */
  readonly died: Promise<Failure>;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  /** Text only: what it says never becomes a special token. */
  readonly content: string;
}

export type Prompt =
  /** Text as it is; where it names a special token it becomes that token. */
  | { readonly kind: 'text'; readonly text: string }
  /** Rendered with the chat template of the model. */
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] };

export interface Sampling {
  /** 0 takes the most probable token each time. */
  readonly temperature: number;
  /** Of the most probable tokens that together reach this probability; 1 takes all. */
  readonly topP: number;
  /** Null: another one each time. */
  readonly seed: number | null;
}

/** What an answer has to look like: a grammar of llama.cpp, whose rule `root` it matches (grammars/README.md). */
export interface AnswerConstraint {
  readonly kind: 'gbnf';
  readonly grammar: string;
}

export interface AnswerRequest {
  readonly prompt: Prompt;
  /** Null: as many as the context holds. */
  readonly maxTokens: number | null;
  readonly sampling: Sampling;
  /** The answer ends before the first of them. */
  readonly stop: readonly string[];
  /** What the answer has to look like. Throws `ENGINE_GRAMMAR_INVALID`. */
  readonly constraint?: AnswerConstraint;
  /** Asks for `timings`, which cost a moment after the answer. */
  readonly wantsTimings?: boolean;
}

export interface AnswerOptions {
  /** Gets the answer piece by piece: whole characters, and nothing that may yet turn out to be a stop text. */
  readonly onText?: (text: string) => void;
  /** Ends the answer after the token that is being computed; the answer then says `cancelled`. */
  readonly signal?: AbortSignal;
  /** In place of the limit that the model was loaded with: after that the process is killed. */
  readonly wallMs?: number;
}

/** What is to be known of an answer beside its text. */
export interface Answer {
  readonly promptTokenCount: number;
  readonly tokenCount: number;
  readonly endedBy: 'token-limit' | 'context-full' | 'end-of-generation' | 'stop-text' | 'cancelled';
  readonly timeToFirstTokenMs: number;
  readonly totalMs: number;
  /** Where they were asked for and the engine states them. */
  readonly timings?: AnswerTimings;
}

/** What the engine itself says that it took, without sampling and whatever stands between it and the asker. */
export interface AnswerTimings {
  readonly promptMs: number;
  readonly promptTokens: number;
  /** Of the tokens that were evaluated one by one: the last one of an answer is not. */
  readonly evalMs: number;
  readonly evalTokens: number;
}

/** The messages between the parent and the contained process that runs llama.cpp. Replies are checked; they may come from a broken process. */
import { z } from 'zod';

import type { AnswerRequest } from './serving.ts';
import type { GenerateRequest } from './types.ts';

export type ChildRequest =
  | {
      readonly kind: 'load';
      readonly path: string;
      readonly contextTokens: number | null;
      readonly threads: number;
      readonly gpuLayers: number;
    }
  | ({ readonly kind: 'generate' } & GenerateRequest)
  | ({ readonly kind: 'answer' } & AnswerRequest)
  | { readonly kind: 'score'; readonly prefix: string; readonly continuation: string }
  | { readonly kind: 'score-tokens'; readonly tokens: readonly number[]; readonly from: number }
  | { readonly kind: 'score-each'; readonly prefix: string; readonly continuations: readonly string[] }
  | { readonly kind: 'resources' }
  | { readonly kind: 'tokenize'; readonly text: string }
  /** The tokenizer alone: no weights, no context. */
  | { readonly kind: 'load-tokenizer'; readonly path: string }
  | { readonly kind: 'tokenize-all'; readonly texts: readonly string[]; readonly readsSpecial: boolean };

export interface NumberedRequest {
  readonly id: number;
  readonly request: ChildRequest;
}

/** Asks for no more of an answer that was asked for; an unknown number is ignored, since the answer may be on its way. */
export interface Cancellation {
  readonly cancel: number;
}

/** What the process could not do, told in order; crashes and time-outs are told by its end. */
export const CHILD_PROBLEMS = [
  'not-installed',
  'load-failed',
  'out-of-memory',
  'logits-invalid',
  'request-invalid',
  'chat-unsupported',
  'grammar-invalid',
  'unexpected',
] as const;
export type ChildProblem = (typeof CHILD_PROBLEMS)[number];

const whole = z.int().nonnegative();
const finite = z.number();
const duration = z.number().nonnegative();
const tokens = z.array(whole);

export const numberedReply = z.discriminatedUnion('ok', [
  z.object({ id: whole, ok: z.literal(true), value: z.unknown() }),
  z.object({
    id: whole,
    ok: z.literal(false),
    problem: z.enum(CHILD_PROBLEMS),
    message: z.string(),
    /** What llama.cpp printed, oldest first. */
    log: z.array(z.string()),
  }),
]);
export type NumberedReply = z.infer<typeof numberedReply>;

/** A piece of an answer's text, on the way to its reply. */
export const numberedPart = z.object({ id: whole, text: z.string() });
export type NumberedPart = z.infer<typeof numberedPart>;

export const loadedReply = z.object({
  loadMs: duration,
  vocabularySize: whole,
  contextTokens: whole,
  engineVersion: z.string(),
  deviceName: z.string(),
  threads: whole,
  peakRssBytes: whole,
});
export type LoadedReply = z.infer<typeof loadedReply>;

export const generationReply = z.object({
  text: z.string(),
  tokens,
  tokenCount: whole,
  promptTokenCount: whole,
  endedBy: z.enum(['token-limit', 'end-of-generation', 'context-full', 'logits-not-finite']),
  timeToFirstTokenMs: duration,
  totalMs: duration,
  tokensPerSecond: duration,
  logits: z.object({ allFinite: z.boolean(), allEqual: z.boolean(), stepsChecked: whole }),
  repeated: z.boolean(),
});

export const answerReply = z.object({
  promptTokenCount: whole,
  tokenCount: whole,
  endedBy: z.enum(['token-limit', 'context-full', 'end-of-generation', 'stop-text', 'cancelled']),
  timeToFirstTokenMs: duration,
  totalMs: duration,
  timings: z
    .object({ promptMs: duration, promptTokens: whole, evalMs: duration, evalTokens: whole })
    .exactOptional(),
});

const textScore = z.object({
  logProbability: finite,
  tokenCount: whole,
  perToken: z.array(z.object({ token: whole, logProbability: finite })),
});

export const scoreReply = textScore.extend({ probabilitySum: finite });

export const scoresReply = z.array(textScore);

export const resourcesReply = z.object({
  peakRssBytes: whole,
  vramBytes: whole.nullable(),
  cpuMs: duration,
});

export const tokensReply = tokens;

export const tokenizerReply = z.object({
  vocabularySize: whole,
  beginning: tokens.max(1),
  ending: tokens.max(1),
});
export type TokenizerReply = z.infer<typeof tokenizerReply>;

export const tokenListsReply = z.array(tokens);

/** One model of a server, ready to be measured: it answers, and scores and embeds texts where the server can. */
import type { Warning } from '../core/index.ts';
import type { ServedAnswer } from './openai-answer.ts';
import { askServed } from './openai-ask.ts';
import type { OpenAiConnection, Question } from './openai-connection.ts';
import { whyNotConstrained } from './openai-constraint.ts';
import { embedder, type Embed } from './openai-embed.ts';
import { findServedModel, type ServedModel } from './openai-models.ts';
import { optionalFields } from './openai-optional.ts';
import { toQuestionJson, type ServedQuestion } from './openai-question.ts';
import { findScoring, whyNot, type ScoreEach } from './openai-score.ts';
import { assertText, assertTokenCount } from './request-limits.ts';
import { readServerVersion } from './openai-version.ts';
import type { Prompt } from './serving.ts';

export interface ServedSubject {
  readonly engine: {
    readonly name: string;
    /** Null where the server does not state it. */
    readonly version: string | null;
    /** Which server and which of its models: with others it is another engine. */
    readonly flags: readonly string[];
  };
  readonly served: Pick<ServedModel, 'name' | 'sha256'>;
  /** Whether the server holds an answer to a grammar; where it does not, `constraint` has no effect. */
  readonly constrains: boolean;
  /**
   * Throws `ENGINE_SERVER_*`, `ENGINE_REPLY_INVALID`, `ENGINE_OTHER_MODEL`, `ENGINE_CHAT_UNSUPPORTED`,
   * `ENGINE_REQUEST_INVALID`, `CORE_INTERRUPTED`.
   */
  answer(prompt: Prompt, options: ServedQuestion & Pick<Question, 'signal'>): Promise<ServedAnswer>;
  /** What a server takes of the machine that it is on cannot be seen from here. */
  readonly resources: null;
  /** Null where the server tells no log-probabilities of a prompt. */
  readonly scoreEach: ScoreEach | null;
  /** Null where the server makes no vectors. */
  readonly embed: Embed | null;
  /** What the server cannot do, and why, for a reader. */
  readonly missing: readonly { readonly what: MissingAbility; readonly reason: string }[];
  /** Throws `ENGINE_MODEL_NOT_SERVED`, `ENGINE_OTHER_MODEL` unless the server still has the model that it had. */
  confirm(question?: Pick<Question, 'signal'>): Promise<void>;
}

export type MissingAbility = 'scores' | 'embeddings' | 'constraints';

export const OPENAI_ENGINE_NAME = 'openai';

/** Throws `ENGINE_MODEL_NOT_SERVED`, `ENGINE_OTHER_MODEL`, `ENGINE_SERVER_*`, `ENGINE_REPLY_INVALID`. */
export async function openSubject(
  connection: OpenAiConnection,
  name: string,
  { onWarning, signal }: { readonly onWarning: (warning: Warning) => void } & Pick<Question, 'signal'>,
): Promise<ServedSubject> {
  const model = await findServedModel(connection, name, { signal });
  const { version, props } = await readServerVersion(connection, { signal });
  const scoring = await findScoring(connection, model, { props, signal });
  const embed = embedder(connection, name);
  const noVectors = await whyNot(embed(['one'], { signal }));
  const noGrammar = await whyNotConstrained(connection, name, { signal });
  const fields = optionalFields(onWarning);
  const warnOnce = onceForEach(onWarning);
  return {
    engine: {
      name: OPENAI_ENGINE_NAME,
      version,
      flags: ['--base-url', connection.address.base, '--served-as', name],
    },
    served: { name, sha256: model.sha256 },
    constrains: noGrammar === null,
    resources: null,
    async answer(prompt, { signal, constraint, ...asked }) {
      const kept = noGrammar === null ? constraint : undefined;
      const question = toQuestionJson(prompt, { ...asked, constraint: kept, model: name });
      assertTokenCount(connection.address.base, asked.maxTokens);
      assertText(connection.address.base, JSON.stringify(question.required));
      const answer = await fields.withThem(question, async (json) =>
        askServed(connection, question, { json, signal, model: name, maxTokens: asked.maxTokens }),
      );
      if (answer.countedBy === 'chunks') warnOnce(COUNTED_BY_CHUNKS);
      if (answer.hasUnbelievableTimings) warnOnce(UNBELIEVABLE_TIMINGS);
      return answer;
    },
    scoreEach: scoring.kind === 'none' ? null : scoring.scoreEach,
    embed: noVectors === null ? embed : null,
    missing: [
      ...(scoring.kind === 'none' ? [{ what: 'scores' as const, reason: scoring.reason }] : []),
      ...(noVectors === null ? [] : [{ what: 'embeddings' as const, reason: noVectors }]),
      ...(noGrammar === null ? [] : [{ what: 'constraints' as const, reason: noGrammar }]),
    ],
    async confirm({ signal } = {}) {
      const { sha256 } = await findServedModel(connection, name, { signal });
      if (sha256 === model.sha256) return;
      const failures = connection.at(connection.address.api('models'));
      throw failures.otherModel(model.sha256 ?? 'a model without a digest', sha256 ?? 'one without a digest');
    },
  };
}

function onceForEach(onWarning: (warning: Warning) => void): (warning: Warning) => void {
  const told = new Set<string>();
  return (warning) => {
    if (told.has(warning.code)) return;
    told.add(warning.code);
    onWarning(warning);
  };
}

const COUNTED_BY_CHUNKS: Warning = {
  code: 'ENGINE_TOKENS_COUNTED_BY_CHUNKS',
  message:
    'The server does not say how many tokens its answers have: the pieces in which they came were counted, mostly one for each token.',
};

const UNBELIEVABLE_TIMINGS: Warning = {
  code: 'ENGINE_TIMINGS_UNBELIEVABLE',
  message: 'The server states times for its answers that cannot be; they were timed from here alone.',
};

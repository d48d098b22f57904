/** The library's model and context as what generating, scoring and answering need of a model in memory. */
import type * as NodeLlamaCpp from 'node-llama-cpp';
import type { LlamaContextSequence, LlamaGrammarEvaluationState, LlamaModel, Token } from 'node-llama-cpp';

import { messageOf } from '../core/index.ts';
import { GrammarProblem, type Speaker } from './answer.ts';
import type { Evaluator, Look, Question } from './evaluator.ts';
import { createChat } from './llama-cpp-chat.ts';
import type { RewindingEvaluator } from './score-each.ts';
import type { AnswerConstraint } from './serving.ts';

/** Answers come from an empty context each; nothing here outlives the model. */
export function toSpeaker(
  library: typeof NodeLlamaCpp,
  model: LlamaModel,
  sequence: LlamaContextSequence,
): Speaker & RewindingEvaluator {
  return {
    ...toEvaluator(model, sequence),
    renderChat: createChat(library, model),
    read: (tokens) => sequence.evaluateWithoutGeneratingNewTokens([...tokens] as Token[]),
    sample: async function* (tokens, { temperature, topP, seed }, constraint) {
      const grammar = constraint === undefined ? null : await openGrammar(constraint, { library, model });
      yield* sequence.evaluate([...tokens] as Token[], {
        temperature,
        topP,
        // The library's own default would leave all but forty tokens out.
        topK: 0,
        ...(seed === null ? {} : { seed }),
        ...(grammar === null ? {} : { grammarEvaluationState: grammar }),
      });
    },
    settle: () => sequence.takeCheckpoint(),
    async rewind(tokenCount) {
      const end = sequence.nextTokenIndex;
      if (tokenCount === 0) await sequence.clearHistory();
      else if (tokenCount < end) await sequence.eraseContextTokenRanges([{ start: tokenCount, end }]);
    },
  };
}

async function openGrammar(
  { grammar }: AnswerConstraint,
  { library, model }: { readonly library: typeof NodeLlamaCpp; readonly model: LlamaModel },
): Promise<LlamaGrammarEvaluationState> {
  try {
    const parsed = await model.llama.createGrammar({ grammar });
    return new library.LlamaGrammarEvaluationState({ model, grammar: parsed });
  } catch (error) {
    throw new GrammarProblem(messageOf(error), { cause: error });
  }
}

function toEvaluator(model: LlamaModel, sequence: LlamaContextSequence): Evaluator {
  const vocabularySize = model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 0;
  const { bos, shouldPrependBosToken } = model.tokens;
  const start: readonly Token[] = bos !== null && shouldPrependBosToken ? [bos] : [];

  const evaluate: Evaluator['evaluate'] = async (tokens, questions) => {
    const results = await sequence.controlledEvaluate(
      tokens.map((token, index) => {
        const question = questions.get(index);
        return question === undefined
          ? (token as Token)
          : [token as Token, { generateNext: toOptions(question) }];
      }),
    );
    return [...questions.keys()].map((index) => toLook(results[index]?.next));
  };
  return {
    vocabularySize,
    contextTokens: sequence.contextSize,
    tokenize: (text) => {
      const tokens = model.tokenize(text, true);
      return tokens[0] === start[0] ? tokens : [...start, ...tokens];
    },
    detokenize: (tokens) => model.detokenize(tokens as readonly Token[]),
    isEndOfGeneration: (token) => model.isEogToken(token as Token),
    clear: () => sequence.clearHistory(),
    evaluate,
    again: async (lastToken, question) => {
      const end = sequence.nextTokenIndex;
      await sequence.eraseContextTokenRanges([{ start: end - 1, end }]);
      const [look] = await evaluate([lastToken], new Map([[0, question]]));
      return look ?? toLook(undefined);
    },
  };
}

type Next = NonNullable<Awaited<ReturnType<LlamaContextSequence['controlledEvaluate']>>[number]>['next'];

/**
 * With temperature 0 and no bias, the sampler picks the token of the largest raw logit and changes none. `whole` and
 * `best` make the library sort the vocabulary, which must not happen while a NaN may be in it.
 */
function toOptions(question: Question) {
  const options = { temperature: 0 };
  const common = { token: true, totalLogitWeight: true, options };
  switch (question.kind) {
    case 'top':
      return { ...common, logits: { filter: { tokens: question.also as Token[], includeSelected: true } } };
    case 'best':
      return {
        ...common,
        logits: { filter: { tokens: [], includeTop: question.count, includeSelected: true } },
      };
    case 'whole':
      return { ...common, logits: true };
  }
}

function toLook(next: Next | undefined): Look {
  const logits: ReadonlyMap<number, number> = next?.logits ?? new Map<number, number>();
  const top = next?.token ?? null;
  return {
    top,
    topLogit: (top === null ? undefined : logits.get(top)) ?? Number.NaN,
    totalWeight: next?.totalLogitWeight ?? Number.NaN,
    logits,
  };
}

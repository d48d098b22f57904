/** Asks a subject through its chat template, and as plain text where the model has none. */
import { Failure } from '../core/index.ts';
import type { Prompt } from '../engine/index.ts';
import type { BenchSubject, SubjectAnswer, SubjectRequest } from './subject.ts';

export interface Asker {
  ask(text: string, request: AskRequest): Promise<SubjectAnswer>;
  /** Null until the first answer. */
  readonly usesChatTemplate: boolean | null;
}

/** Temperature 0 and one seed: what differs between two answers is the model or the machine. */
export type AskRequest = Pick<SubjectRequest, 'maxTokens' | 'constraint' | 'signal'>;

export const ANSWER_SEED = 1;

export function createAsker(subject: BenchSubject): Asker {
  let usesChatTemplate: boolean | null = null;
  const answer = async (prompt: Prompt, request: AskRequest): Promise<SubjectAnswer> =>
    subject.answer(prompt, { temperature: 0, seed: ANSWER_SEED, stop: [], ...request });
  return {
    get usesChatTemplate() {
      return usesChatTemplate;
    },
    async ask(text, request) {
      if (usesChatTemplate !== false) {
        try {
          const messages = [{ role: 'user', content: text }] as const;
          const answered = await answer({ kind: 'chat', messages }, request);
          usesChatTemplate = true;
          return answered;
        } catch (error) {
          const isFirst = usesChatTemplate === null;
          if (!isFirst || !(error instanceof Failure) || error.code !== 'ENGINE_CHAT_UNSUPPORTED')
            throw error;
          usesChatTemplate = false;
        }
      }
      return answer({ kind: 'text', text: `${text}\n` }, request);
    },
  };
}

/** Fields that only some servers take: sent until a server refuses them, and then left out, which is told. */
import type { Warning } from '../core/index.ts';
import type { EngineFailure } from './error.ts';
import { isRefusal } from './openai-models.ts';
import type { OptionalField, QuestionJson } from './openai-question.ts';

export interface OptionalFields {
  /** Asks with what the server takes. `ask` throws `ENGINE_SERVER_REFUSED` where it takes something not. */
  withThem<T>(question: QuestionJson, ask: (json: object) => Promise<T>): Promise<T>;
}

export function optionalFields(onWarning: (warning: Warning) => void): OptionalFields {
  const refused = new Set<OptionalField>();
  return {
    async withThem(question, ask) {
      const names = Object.keys(question.optional) as readonly OptionalField[];
      let sent = names.filter((name) => !refused.has(name));
      let first: EngineFailure | null = null;
      for (;;) {
        const json = { ...question.required, ...pick(question, sent) };
        try {
          const answer = await ask(json);
          const dropped = names.filter((name) => !refused.has(name) && !sent.includes(name));
          for (const name of dropped) {
            refused.add(name);
            onWarning(toWarning(name));
          }
          return answer;
        } catch (error) {
          if (!isAboutFields(error)) throw error;
          first ??= error;
          const culprits = findCulprits(error, sent);
          // What is refused without them too was not refused because of them.
          if (culprits.length === 0) throw first;
          sent = sent.filter((name) => !culprits.includes(name));
        }
      }
    },
  };
}

function pick({ optional }: QuestionJson, names: readonly OptionalField[]): object {
  return Object.fromEntries(names.map((name) => [name, optional[name]]));
}

/** Those that the refusal names; all of them where it names none. */
function findCulprits(refusal: EngineFailure, sent: readonly OptionalField[]): readonly OptionalField[] {
  const said = typeof refusal.details['received'] === 'string' ? refusal.details['received'] : '';
  const named = sent.filter((name) => said.includes(name));
  return named.length > 0 ? named : sent;
}

function isAboutFields(error: unknown): error is EngineFailure {
  return isRefusal(error) && (error.details['status'] === 400 || error.details['status'] === 422);
}

function toWarning(name: OptionalField): Warning {
  return {
    code: 'ENGINE_FIELD_REFUSED',
    message: `The server refuses ${name}, so it was left out: ${CONSEQUENCES[name]}.`,
  };
}

const CONSEQUENCES: Readonly<Record<OptionalField, string>> = {
  stream_options: 'tokens may have to be counted by the pieces in which they come',
  cache_prompt: 'a prompt that the server has read before may be answered sooner',
  seed: 'answers at temperature 0 may differ between two runs',
  top_p: 'its own default holds',
  frequency_penalty: 'its own default holds',
  presence_penalty: 'its own default holds',
};

/** A model of the embedded engine as a subject: its own timings, its probabilities, its grammar. */
import type { MeasurableModel } from '../engine/index.ts';
import type { BenchSubject, SubjectEngine } from './subject.ts';

/** `name` of the engine as it stands in records: `llama-cpp`. */
export function toSubject(
  model: MeasurableModel,
  { engineName }: { readonly engineName: SubjectEngine['name'] },
): BenchSubject {
  const { facts } = model;
  return {
    engine: { name: engineName, version: facts.engineVersion, flags: facts.engineFlags ?? [] },
    constrains: true,
    async answer(prompt, { maxTokens, temperature, seed, stop, constraint, signal }) {
      let text = '';
      const { timings, ...answer } = await model.answer(
        {
          prompt,
          maxTokens,
          sampling: { temperature, topP: 1, seed },
          stop,
          wantsTimings: true,
          ...(constraint === undefined ? {} : { constraint }),
        },
        { onText: (piece) => (text += piece), ...(signal === undefined ? {} : { signal }) },
      );
      return { ...answer, text, timings: timings ?? null };
    },
    scoreEach: async (prefix, continuations) => model.scoreEach(prefix, continuations),
    embed: null,
    resources: async () => model.resources(),
  };
}

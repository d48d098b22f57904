/** A llama-server of ours, asked as any other server is: with streams, as a benchmark wants it. */
import { createOpenAiEngine } from './openai-engine.ts';
import type { ServedSubject } from './openai-subject.ts';
import type { ServerProcess } from './server-process.ts';
import type { LoadedModelFacts } from './types.ts';

export interface ServerSubject {
  readonly subject: ServedSubject;
  readonly facts: LoadedModelFacts;
  /** What its process has taken; of the memory of a GPU it says nothing. */
  resources(): Promise<ServerResources>;
  close(): Promise<void>;
}

export interface ServerResources {
  readonly peakRssBytes: number;
  /** Null where no GPU is used. */
  readonly vramBytes: 'unseen' | null;
  readonly cpuMs: number;
}

export interface ServerSubjectOptions {
  readonly facts: LoadedModelFacts;
  readonly engineName: string;
  readonly gpuLayers: number;
  readonly signal: AbortSignal | undefined;
}

/** Throws what asking a server throws, and what `LoadedModel` says where it ends meanwhile. */
export async function serverSubject(
  process: ServerProcess,
  { facts, engineName, gpuLayers, signal }: ServerSubjectOptions,
): Promise<ServerSubject> {
  const { baseUrl, alias } = process;
  const served = await process.during(async () =>
    createOpenAiEngine({ baseUrl }).subject(alias, signal === undefined ? {} : { signal }),
  );
  const { scoreEach, embed } = served;
  return {
    facts,
    subject: {
      ...served,
      engine: { name: engineName, version: facts.engineVersion, flags: facts.engineFlags ?? [] },
      answer: async (...asked) => process.during(async () => served.answer(...asked)),
      scoreEach: scoreEach && (async (...asked) => process.during(async () => scoreEach(...asked))),
      embed: embed && (async (...asked) => process.during(async () => embed(...asked))),
      confirm: async (...asked) => process.during(async () => served.confirm(...asked)),
    },
    resources: async () => ({
      peakRssBytes: await process.peakResidentBytes(),
      vramBytes: gpuLayers > 0 ? 'unseen' : null,
      cpuMs: await process.cpuMs(),
    }),
    close: async () => process.close(),
  };
}

/** An engine that runs no model: it answers what a sound one would answer, or what a test wants. */
import type { Engine, Generation, LoadRequest } from '../../src/engine/index.ts';

export interface SoundEngineOptions {
  readonly available?: boolean;
  /** Takes the place of loading. */
  readonly onLoad?: (request: LoadRequest) => Promise<void>;
  readonly generation?: Partial<Generation>;
}

export function soundEngine({ available = true, onLoad, generation = {} }: SoundEngineOptions = {}): Engine {
  return {
    name: 'fake',
    describe: async () => ({ name: 'fake', version: available ? '1' : null, available }),
    async load(request) {
      await onLoad?.(request);
      return {
        facts: {
          loadMs: 1,
          vocabularySize: 1000,
          contextTokens: request.contextTokens ?? 512,
          engineVersion: '1',
          deviceName: 'cpu',
          threads: 1,
          missingProtections: [],
          peakRssBytes: 1,
        },
        generate: async ({ tokens }) => ({
          text: 'x'.repeat(tokens),
          tokens: Array.from({ length: tokens }, (_, index) => index),
          tokenCount: tokens,
          promptTokenCount: 1,
          endedBy: 'token-limit',
          timeToFirstTokenMs: 1,
          totalMs: 2,
          tokensPerSecond: 10,
          logits: { allFinite: true, allEqual: false, stepsChecked: tokens },
          repeated: false,
          ...generation,
        }),
        score: () => Promise.reject(new Error('This engine scores nothing.')),
        tokenize: async () => [],
        close: async () => undefined,
      };
    },
  };
}

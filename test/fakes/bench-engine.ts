/** An engine that runs no model: what each candidate answers, and how it fails, is what a test says. */
import type { BenchSubject } from '../../src/bench/index.ts';
import type { BenchEngine, BenchSettings } from '../../src/pipeline/index.ts';

export interface FakeEngineOptions {
  readonly version?: string;
  readonly settings?: Partial<BenchSettings>;
}

export interface FakeEngine extends BenchEngine {
  /** Versions, each time one is loaded. */
  readonly opened: readonly string[];
}

/** `subject` makes what answers for a version. */
export function fakeBenchEngine(
  subject: (version: string) => BenchSubject,
  { version = '1', settings = {} }: FakeEngineOptions = {},
): FakeEngine {
  const opened: string[] = [];
  const under = { threads: 2, context_tokens: 512, gpu_layers: 0, ...settings };
  return {
    name: 'fake',
    runsFiles: true,
    opened,
    foresee: async () => Promise.resolve({ engine: { name: 'fake', version, flags: [] }, settings: under }),
    async open(candidate) {
      opened.push(candidate.entry.version);
      const made = subject(candidate.entry.version);
      return Promise.resolve({
        subject: { ...made, engine: { ...made.engine, version } },
        facts: {
          loadMs: 7,
          threads: under.threads,
          contextTokens: under.context_tokens,
          deviceName: 'cpu',
          missingProtections: [],
        },
        settings: under,
        artifact: candidate.artifact,
        confirm: async () => Promise.resolve(),
        close: async () => Promise.resolve(),
      });
    },
  };
}

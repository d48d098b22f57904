/** A folder with small GGUFs, a suite and a folder for runs, in which registered models are benchmarked by an engine of the test. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { initSuite, loadSuite, type Suite } from '../../src/bench/index.ts';
import { CoreFailure } from '../../src/core/index.ts';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import {
  benchModels,
  type BenchedModels,
  type BenchModelsContext,
  type BenchModelsRequest,
} from '../../src/pipeline/index.ts';
import { openRegistry, type RegistryEntry } from '../../src/registry/index.ts';
import { fixedClock } from '../../src/system/index.ts';
import { fakeBenchEngine } from './bench-engine.ts';
import { strawSubject } from './bench-subject.ts';
import { toEntry } from './registry-entry.ts';

export interface BenchPlace {
  readonly folder: string;
  /** Another one for each test. */
  readonly runsDir: string;
  readonly suite: Suite;
  /** Of every GGUF here. */
  readonly bytes: Uint8Array;
  pathOf(version: string): string;
  /** An entry whose file is there. */
  entryOf(version: string, rest?: Partial<RegistryEntry>): Promise<RegistryEntry>;
  /** Gives the file of a version other bytes: another one for each seed. */
  change(version: string, seed: number): Promise<void>;
  /** One whose file is not. */
  lostEntry(version: string, rest?: Partial<RegistryEntry>): RegistryEntry;
  /** By an engine that knows every answer, unless the context has another; on a machine that is always the same. */
  bench(
    entries: readonly RegistryEntry[],
    request?: Partial<BenchModelsRequest>,
    context?: Partial<BenchModelsContext>,
  ): Promise<BenchedModels>;
}

const SMALL = { blockCount: 1, embeddingLength: 64, headCount: 4 };

export function useBenchPlace(): BenchPlace {
  const clock = fixedClock(new Date('2026-03-01T12:00:00Z'));
  let count = 0;
  const place: { folder: string; runsDir: string; suite: Suite; bytes: Uint8Array } = {
    folder: '',
    runsDir: '',
    suite: null as unknown as Suite,
    bytes: new Uint8Array(),
  };
  beforeAll(async () => {
    place.folder = await mkdtemp(join(tmpdir(), 'milton-bench-'));
    await initSuite(join(place.folder, 'suite'));
    place.suite = (await loadSuite(join(place.folder, 'suite'), { name: 'example' })).suite;
    place.bytes = await ggufBytes(sampleModel(SMALL));
  });
  beforeEach(() => {
    count += 1;
    place.runsDir = join(place.folder, `runs-${count}`);
  });
  afterAll(() => rm(place.folder, { recursive: true, force: true }));

  const pathOf = (version: string): string => join(place.folder, `${count}`, `${version}.gguf`);
  const lostEntry = (version: string, rest: Partial<RegistryEntry> = {}): RegistryEntry =>
    toEntry(version, { metrics: { compression: { gguf_path: pathOf(version) } }, ...rest });
  return Object.assign(place, {
    pathOf,
    lostEntry,
    async entryOf(version: string, rest: Partial<RegistryEntry> = {}): Promise<RegistryEntry> {
      await mkdir(join(place.folder, `${count}`), { recursive: true });
      await writeFile(pathOf(version), place.bytes);
      return lostEntry(version, rest);
    },
    async change(version: string, seed: number): Promise<void> {
      await writeFile(pathOf(version), await ggufBytes(sampleModel({ ...SMALL, seed })));
    },
    async bench(
      entries: readonly RegistryEntry[],
      request: Partial<BenchModelsRequest> = {},
      context: Partial<BenchModelsContext> = {},
    ): Promise<BenchedModels> {
      const file = join(place.folder, `registry-${count}.json`);
      await writeFile(file, JSON.stringify(entries));
      const { suite = place.suite } = request;
      return benchModels(
        {
          registry: openRegistry(file, { clock }),
          versions: [],
          suite,
          budgetMs: null,
          runsDir: place.runsDir,
          commandLine: 'milton bench',
          ...request,
        },
        {
          engine: fakeBenchEngine(() => strawSubject('knows', suite)),
          clock,
          machine: async () => Promise.resolve('a'.repeat(64)),
          ...context,
        },
      );
    },
  });
}

/** A context in which Ctrl-C is pressed when this version begins to be measured. */
export function interruptedAt(version: string): Pick<BenchModelsContext, 'signal' | 'onEvent'> {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.kind === 'begun' && event.version === version)
        controller.abort(new CoreFailure('CORE_INTERRUPTED', 'Interrupted.'));
    },
  };
}

/** So many of each case, each with an id of its own. */
export function times<T extends { readonly id: string }>(cases: readonly T[], factor: number): readonly T[] {
  return Array.from({ length: factor }, (_, no) =>
    cases.map((one) => ({ ...one, id: `${one.id}-${no}` })),
  ).flat();
}

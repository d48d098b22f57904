/** A place with models, a registry, runs and a target, so that a test of a command says only what is special about it. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { createBundle, openArtifact } from '../../src/bundle/index.ts';
import { DEFAULT_DEPLOY_OPTIONS, deployRelease, resolveTarget } from '../../src/deploy/index.ts';
import type { BenchmarkRun, Candidate } from '../../src/evidence/index.ts';
import type { SampleModelOptions } from '../../src/gguf/index.ts';
import type { RegistryEntry } from '../../src/registry/index.ts';
import { hashBytes, stateDirectory, systemClock } from '../../src/system/index.ts';
import { toCandidate, toRun, type MetricValues } from '../fakes/benchmark-run.ts';
import { soundEngine } from '../fakes/engine.ts';
import { toEntry } from '../fakes/registry-entry.ts';
import { MAIN, smallGguf, useFolder, type Finished, type Place, type PlaceOptions } from './run-milton.ts';

export interface Model {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface StoredAttempt {
  readonly record: Readonly<Record<string, unknown>>;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Shop extends Place {
  readonly state: string;
  /** Its parent exists, the target itself does not. */
  readonly target: string;
  /** A small model that llama.cpp really loads; the same seed gives the same bytes. */
  model(name: string, options?: SampleModelOptions): Promise<Model>;
  bundle(version: string, model: Model): Promise<string>;
  /** Everything below is written into a state directory: the one of this shop, or another one. */
  saveRegistry(entries: readonly RegistryEntry[], state?: string): Promise<void>;
  saveRun(stamp: string, run: BenchmarkRun | string, state?: string): Promise<string>;
  /** Oldest first. */
  attempts(state?: string): Promise<readonly StoredAttempt[]>;
}

export function useShop(options: PlaceOptions = {}): Shop {
  const place = useFolder(options);
  const inState = (state: string | undefined, ...path: string[]): string =>
    join(state ?? shop.state, ...path);
  const shop: Shop = {
    get folder() {
      return place.folder;
    },
    get state() {
      return join(place.folder, 'state');
    },
    get target() {
      return join(place.folder, 'srv', 'llm');
    },
    milton: place.milton,
    document: place.document,
    async model(name, options) {
      const bytes = await smallGguf(options);
      const path = join(place.folder, name);
      await writeFile(path, bytes);
      return { path, sha256: hashBytes(bytes), sizeBytes: bytes.length };
    },
    async bundle(version, { path }) {
      const artifact = await openArtifact(path, { type: 'gguf' });
      const outDir = join(place.folder, 'shelf');
      const input = { artifact, version, run: null, candidate: null, registryEntry: null, outDir };
      return (await createBundle({ ...input, clock: systemClock })).path;
    },
    async saveRegistry(entries, state) {
      await mkdir(inState(state, 'models'), { recursive: true });
      await writeFile(inState(state, 'models/registry.json'), JSON.stringify(entries));
    },
    async saveRun(stamp, run, state) {
      await mkdir(inState(state, 'benchmarks/runs'), { recursive: true });
      const path = inState(state, `benchmarks/runs/benchmark_${stamp}.json`);
      await writeFile(path, typeof run === 'string' ? run : JSON.stringify(run));
      return path;
    },
    async attempts(state) {
      const folder = inState(state, 'deployment_history');
      const names = await readdir(folder).catch(() => []);
      const read = async (name: string): Promise<Record<string, unknown>> =>
        JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;
      const attempts = await Promise.all(
        names
          .filter((name) => !name.startsWith('details_'))
          .map(async (name) => ({ record: await read(name), details: await read(`details_${name}`) })),
      );
      const key = ({ record }: StoredAttempt): string => String(record['timestamp']);
      return attempts.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
    },
  };
  beforeAll(() => mkdir(join(place.folder, 'srv')));
  return shop;
}

/** An entry whose GGUF lies there, as `milton models register` writes it. */
export function entryOf(version: string, model: Model, rest: Partial<RegistryEntry> = {}): RegistryEntry {
  return toEntry(version, { metrics: { compression: { gguf_path: model.path } }, ...rest });
}

/** A candidate that was measured with exactly these bytes. */
export function candidateOf(version: string, model: Model, values: MetricValues = {}): Candidate {
  const { path, sha256, sizeBytes } = model;
  return toCandidate(version, values, { artifact: { type: 'gguf', path, sha256, size_bytes: sizeBytes } });
}

/** A run with the name and time of its stamp. */
export function runOf(
  stamp: string,
  candidates: readonly Candidate[],
  metadata: Partial<BenchmarkRun['metadata']> = {},
): BenchmarkRun {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/.exec(stamp) ?? [];
  const timestamp = `${year}-${month}-${day}T${hour}:${minute}:${second}+00:00`;
  return toRun(candidates, { metadata: { run_id: `benchmark_${stamp}`, timestamp, ...metadata } });
}

/** A bundle put live on the target of a shop, in this very process; gives the release. */
export async function deployHere(bundle: string, { state, target }: Shop): Promise<string> {
  const directory = stateDirectory(state);
  const options = { ...DEFAULT_DEPLOY_OPTIONS, skipLoadTest: true };
  const layout = await resolveTarget(target, directory);
  const context = { layout, state: directory, clock: systemClock, engine: soundEngine() };
  const { record } = await deployRelease({ kind: 'bundle', path: bundle }, options, context);
  return record.deployment_id;
}

export interface InterruptOptions {
  /** The line on standard error after which the signal is sent. */
  readonly after: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: NodeJS.Signals;
}

/** Starts the command and presses Ctrl-C when it has said a certain thing. */
export async function interruptMilton(
  args: readonly string[],
  { after, env, signal = 'SIGINT' }: InterruptOptions,
): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let isSent = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (isSent || !stderr.includes(after)) return;
    isSent = true;
    child.kill(signal);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

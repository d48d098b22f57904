/**
 * The main job in small, offline, on real files: a model is quantized, measured, chosen, deployed and asked; one is refused,
 * another goes live, the first comes back. Everything lies in one folder that is removed at the end unless it is asked for.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, throwIfAborted } from '../core/index.ts';
import { resolveTarget, type DeployContext } from '../deploy/index.ts';
import { openRegistry } from '../registry/index.ts';
import { stateDirectory, toSystemFailure } from '../system/index.ts';
import type { LlamaCppEngine } from '../engine/index.ts';
import type { BenchEvent } from './bench-models.ts';
import { DEMO_STEPS, type Demo, type DemoFindings, type DemoStep } from './demo-steps.ts';

export interface DemoOptions extends Omit<DeployContext, 'layout' | 'state' | 'engine'> {
  readonly engine: LlamaCppEngine;
  /** Leaves the folder for looking around. */
  readonly keep: boolean;
  readonly tool: string;
  /** Hears what is being done. */
  readonly onBegin: (doing: string) => void;
  /** Hears how far measuring is. */
  readonly onBench?: (event: BenchEvent) => void;
}

export interface DemoResult extends Readonly<DemoFindings> {
  readonly steps: readonly DemoStep[];
  readonly folder: string;
  readonly stateDir: string;
  readonly targetPath: string;
  readonly kept: boolean;
  readonly durationMs: number;
}

/** Throws what the jobs throw; the folder is gone then too, unless it was to be kept. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const startedAt = performance.now();
  const folder = await makeFolder();
  const steps: DemoStep[] = [];
  try {
    const context = await prepare(folder, options);
    const { state, layout, clock } = context;
    const registry = openRegistry(state.registryFile, { clock, command: 'milton demo' });
    const tell = (step: DemoStep): void => void steps.push(step);
    const found: DemoFindings = { ranking: [], answer: null, sample: null };
    const { engine, tool, onBench } = options;
    const demo: Demo = { context, engine, registry, tool, found, onBench, tell };
    for (const step of DEMO_STEPS) {
      throwIfAborted(options.signal);
      options.onBegin(step.doing);
      await step.run(demo);
    }
    return {
      ...found,
      steps,
      folder,
      stateDir: state.path,
      targetPath: layout.targetPath,
      kept: options.keep,
      durationMs: performance.now() - startedAt,
    };
  } catch (error) {
    const failure = toSystemFailure(error, { path: folder, action: 'write' });
    if (options.keep && failure instanceof Failure) failure.inContext({ details: { folder } });
    throw failure;
  } finally {
    if (!options.keep) await rm(folder, { recursive: true, force: true });
  }
}

async function makeFolder(): Promise<string> {
  const folder = tmpdir();
  try {
    return await mkdtemp(join(folder, 'milton-demo-'));
  } catch (error) {
    throw toSystemFailure(error, { path: folder, action: 'write' });
  }
}

async function prepare(folder: string, options: DemoOptions): Promise<DeployContext> {
  const state = stateDirectory(join(folder, 'state'));
  await mkdir(join(folder, 'edge'));
  const { engine, clock, signal, onProgress, shield } = options;
  const layout = await resolveTarget(join(folder, 'edge', 'llm'), state);
  // What is shown in a folder that goes is no deployment of this machine, and nobody signs it.
  const systemPolicyFile = join(folder, 'policy.json');
  return { layout, state, engine, clock, signal, onProgress, shield, systemPolicyFile };
}

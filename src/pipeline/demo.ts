/**
 * The main job in small, offline, on real files: models are written, registered and measured; one is refused, two go
 * live, one comes back. Everything lies in one folder that is removed at the end unless it is asked for.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { throwIfAborted } from '../core/index.ts';
import { resolveTarget, type DeployContext } from '../deploy/index.ts';
import { openRegistry } from '../registry/index.ts';
import { stateDirectory } from '../system/index.ts';
import { DEMO_STEPS, type Demo, type DemoStep } from './demo-steps.ts';

export interface DemoOptions extends Omit<DeployContext, 'layout' | 'state'> {
  /** Leaves the folder for looking around. */
  readonly keep: boolean;
  readonly tool: string;
  /** Hears of each step when it is done. */
  readonly onStep: (step: DemoStep) => void;
}

export interface DemoResult {
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
  const folder = await mkdtemp(join(tmpdir(), 'milton-demo-'));
  const steps: DemoStep[] = [];
  try {
    const context = await prepare(folder, options);
    const { state, layout, clock } = context;
    const registry = openRegistry(state.registryFile, { clock, command: 'milton demo' });
    const tell = (step: DemoStep): void => {
      steps.push(step);
      options.onStep(step);
    };
    const demo: Demo = { folder, context, registry, tool: options.tool, candidates: new Map(), tell };
    for (const step of DEMO_STEPS) {
      throwIfAborted(options.signal);
      await step(demo);
    }
    return {
      steps,
      folder,
      stateDir: state.path,
      targetPath: layout.targetPath,
      kept: options.keep,
      durationMs: performance.now() - startedAt,
    };
  } finally {
    if (!options.keep) await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string, options: DemoOptions): Promise<DeployContext> {
  const state = stateDirectory(join(folder, 'state'));
  await mkdir(join(folder, 'models'));
  await mkdir(join(folder, 'edge'));
  const { engine, clock, signal, onProgress, shield } = options;
  const layout = await resolveTarget(join(folder, 'edge', 'llm'), state);
  return { layout, state, engine, clock, signal, onProgress, shield };
}

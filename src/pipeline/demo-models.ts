/** The models of the demo: small, real, loadable by llama.cpp, and made of random numbers. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleModel, writeGguf } from '../gguf/index.ts';
import { createExclusive } from '../system/index.ts';

export interface DemoModel {
  readonly version: string;
  readonly type: 'Q4_0' | 'Q8_0' | 'F16';
  readonly seed: number;
  /** Example figures, in percent: random weights answer nothing. */
  readonly covePassRate: number;
  readonly retrievalScore: number;
}

export const DEMO_MODELS: readonly DemoModel[] = [
  { version: 'v1', type: 'Q8_0', seed: 1, covePassRate: 92, retrievalScore: 61 },
  { version: 'v2', type: 'Q4_0', seed: 2, covePassRate: 81, retrievalScore: 58 },
  { version: 'v3', type: 'F16', seed: 3, covePassRate: 97, retrievalScore: 66 },
];

/** Better than all of them, and nobody has quantized it. */
export const DEMO_WITHOUT_GGUF = { version: 'v4', covePassRate: 99, retrievalScore: 70 } as const;

export function demoModelPath(model: DemoModel, folder: string): string {
  return join(folder, `sample-${model.version}-${model.type.toLowerCase()}.gguf`);
}

/** Throws `SYSTEM_*`; a file half written is gone then. */
export async function writeDemoModel(
  model: DemoModel,
  folder: string,
): Promise<{ readonly path: string; readonly sizeBytes: number }> {
  const path = demoModelPath(model, folder);
  const handle = await createExclusive(path, 0o644);
  try {
    const { type, seed, version } = model;
    await writeGguf(sampleModel({ type, seed, name: `Milton Edge sample ${version}` }), {
      write: async (bytes) => handle.writeFile(bytes),
    });
    return { path, sizeBytes: (await handle.stat()).size };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

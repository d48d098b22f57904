/** Three tiny models and their bundles, made once for a whole walk. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import { runOrThrow } from './process.ts';

export const VERSIONS = ['v1', 'v2', 'v3'] as const;
export type Version = (typeof VERSIONS)[number];

export interface Shelf {
  model(version: Version): string;
  bundle(version: Version): string;
  /** Which version a model file is, by its SHA-256. */
  versionOf(sha256: string): Version | null;
}

/** `main` is the built command. */
export async function fillShelf(folder: string, main: string): Promise<Shelf> {
  await mkdir(folder);
  const digests = new Map<string, Version>();
  const bundles = new Map<Version, string>();
  for (const [index, version] of VERSIONS.entries()) {
    const bytes = await ggufBytes(sampleModel({ ...TINY, seed: index + 1 }));
    const model = join(folder, `${version}.gguf`);
    await writeFile(model, bytes);
    digests.set(createHash('sha256').update(bytes).digest('hex'), version);
    const out = join(folder, version);
    const args = ['bundle', 'create', '--model', model, '--version', version, '--out', out];
    await runOrThrow([process.execPath, main, ...args, '--state-dir', join(folder, 'state')]);
    bundles.set(version, join(out, (await readdir(out))[0] ?? ''));
  }
  return {
    model: (version) => join(folder, `${version}.gguf`),
    bundle: (version) => bundles.get(version) ?? '',
    versionOf: (sha256) => digests.get(sha256) ?? null,
  };
}

/** SHA-256 of a file, by nothing of the project. */
export async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** Some 80 kB that llama.cpp really loads. */
const TINY = {
  blockCount: 1,
  embeddingLength: 64,
  headCount: 4,
  headCountKv: 2,
  feedForwardLength: 64,
  vocabularySize: 320,
};

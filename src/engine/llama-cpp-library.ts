/** Where llama.cpp itself lies inside the optional package node-llama-cpp: the shared library, and which release it is. */
import { readdir, readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isErrno, isJsonObject, parseJson } from '../core/index.ts';

export interface LlamaCppLibrary {
  readonly path: string;
  /** Of llama.cpp, such as `v0.5.0`: what the layout of its structures depends on. */
  readonly release: string;
}

export interface FindLibraryOptions {
  /** The module from which the package is looked for, as Node would. */
  readonly resolveFrom?: string | URL;
}

/** The build for the processor of this machine; null where there is none. Nothing is loaded. */
export async function findLlamaCppLibrary({
  resolveFrom = import.meta.url,
}: FindLibraryOptions = {}): Promise<LlamaCppLibrary | null> {
  for (let folder = dirname(fileURLToPath(resolveFrom)); ; folder = dirname(folder)) {
    const found = await findBelow(join(folder, 'node_modules'));
    if (found !== null || folder === dirname(folder)) return found;
  }
}

/** npm puts the builds beside the package, or inside it where another version stands beside. */
async function findBelow(modules: string): Promise<LlamaCppLibrary | null> {
  const places = [modules, join(modules, 'node-llama-cpp', 'node_modules')];
  for (const place of places) {
    for (const build of buildNames()) {
      const found = await readBuild(join(place, '@node-llama-cpp', build, 'bins', build));
      if (found !== null) return found;
    }
  }
  return null;
}

function buildNames(): readonly string[] {
  if (platform() === 'darwin') return arch() === 'arm64' ? ['mac-arm64-metal'] : ['mac-x64'];
  return [`${platform() === 'win32' ? 'win' : platform()}-${arch()}`];
}

async function readBuild(folder: string): Promise<LlamaCppLibrary | null> {
  try {
    const metadata = parseJson(await readFile(join(folder, '_nlcBuildMetadata.json')), { name: folder });
    const name = (await readdir(folder)).find((file) =>
      /^(lib)?llama(\.v[\d.]+)?\.(so|dylib|dll)$/.test(file),
    );
    const release = releaseOf(metadata);
    return name === undefined || release === null ? null : { path: join(folder, name), release };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

function releaseOf(metadata: unknown): string | null {
  const step = (value: unknown, key: string): unknown =>
    isJsonObject(value as never) ? (value as Record<string, unknown>)[key] : undefined;
  const release = step(step(step(metadata, 'buildOptions'), 'llamaCpp'), 'release');
  return typeof release === 'string' ? release : null;
}

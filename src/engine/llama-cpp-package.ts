/** Where the optional package node-llama-cpp lies, found as Node would find it, without loading it. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isJsonObject, parseJson } from '../core/index.ts';

export const PACKAGE_NAME = 'node-llama-cpp';

/** The version of the package as seen from a module (its URL), or null where it is not installed. */
export async function findInstalledVersion(from: string | URL): Promise<string | null> {
  for (let folder = dirname(fileURLToPath(from)); ; folder = dirname(folder)) {
    const version = await readVersion(join(folder, 'node_modules', PACKAGE_NAME, 'package.json'));
    if (version !== null || folder === dirname(folder)) return version;
  }
}

async function readVersion(path: string): Promise<string | null> {
  try {
    const manifest = parseJson(await readFile(path), { name: path });
    const version = isJsonObject(manifest) ? manifest['version'] : undefined;
    return typeof version === 'string' ? version : null;
  } catch {
    return null;
  }
}

/** As models state it once they are loaded: `3.22.1 (llama.cpp v0.5.0)`. */
export function toEngineVersion(packageVersion: string, llamaCppRelease: string): string {
  return `${packageVersion} (llama.cpp ${llamaCppRelease})`;
}

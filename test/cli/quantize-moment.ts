/** Starts `milton quantize` and does something at the very moment it says a certain thing; tells what lies where, to the byte. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashBytes } from '../../src/system/index.ts';
import { runMilton, type Finished } from './run-milton.ts';
import type { Shop } from './shop.ts';

const AT_MESSAGE = fileURLToPath(new URL('../fixtures/at-message.mjs', import.meta.url));

/** Every path and every byte below some folders. */
export async function snapshot(...folders: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (path.endsWith('registry.json.lock')) continue;
      lines.push(entry.isFile() ? `${path} ${hashBytes(await readFile(path))}` : `${path}/`);
    }
  }
  return lines.toSorted();
}

export interface Moment {
  /** What the command says on standard error. */
  readonly message: string;
  readonly signal?: NodeJS.Signals;
  readonly shell?: string;
}

export function quantizeAt(
  { state, folder }: Shop,
  { message, signal, shell = '' }: Moment,
  ...args: string[]
): Promise<Finished> {
  return runMilton(['quantize', ...args], {
    nodeArgs: ['--import', AT_MESSAGE],
    env: { MILTON_STATE_DIR: state, AT_MESSAGE: message, AT_SIGNAL: signal ?? '', AT_SHELL: shell },
    cwd: folder,
  });
}

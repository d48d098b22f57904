/** A bundle that is named as `milton bundle list` names it lies in the bundles folder: a refusal says where. */
import { join } from 'node:path';
import { Failure, quoteWord } from '../../core/index.ts';
import { fileIdentity, type StateDirectory } from '../../system/index.ts';

export interface NamedBundle {
  /** As it was typed; null where no bundle was. */
  readonly file: string | null;
  /** What takes the path of a bundle as its last word: `milton bundle verify`. */
  readonly command: string;
  readonly state: StateDirectory;
}

/** Runs `use`; where it finds no file of a bare name and the bundles folder has one, the hint is the command to type. */
export async function withBundlesHint<T>(named: NamedBundle, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'SYSTEM_FILE_MISSING') throw error;
    const path = await findInBundles(named);
    throw path === null ? error : error.inContext({ hint: `${named.command} ${quoteWord(path)}` });
  }
}

async function findInBundles({ file, state }: NamedBundle): Promise<string | null> {
  if (file === null || /[/\\]/.test(file)) return null;
  const path = join(state.bundlesDir, file);
  // What cannot be looked at cannot be recommended.
  return (await fileIdentity(path).catch(() => null)) === null ? null : path;
}

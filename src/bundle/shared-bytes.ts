/** How much of an artifact a release could share with it instead of writing it again (reflink), asked of the file system itself. */
import { throwIfAborted } from '../core/index.ts';
import { canShareBlocks, findFolder } from '../system/index.ts';
import type { Artifact } from './types.ts';

/**
 * Bytes of the model files that a new file in the folder, which may have to be made yet, can share. Nothing is written, and no
 * name is ever seen. 0 where that cannot be found out. Throws `CORE_INTERRUPTED`, `SYSTEM_*` where the folder cannot be reached.
 */
export async function findSharedBytes(
  { files }: Pick<Artifact, 'files'>,
  { directory, signal }: { readonly directory: string; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  const folder = await findFolder(directory);
  let sharedBytes = 0;
  for (const { absolutePath, sizeBytes } of files) {
    throwIfAborted(signal);
    if (await canShareBlocks(absolutePath, folder)) sharedBytes += sizeBytes;
  }
  return sharedBytes;
}

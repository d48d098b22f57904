/** That the file which an engine opens by its path is the one that was verified. */
import { escapeText } from '../core/index.ts';
import { fileIdentity, openFileSource, sameIdentity, type FileIdentity } from '../system/index.ts';
import { EngineFailure } from './error.ts';
import type { ExpectedFile } from './types.ts';

/** Throws what `openFileSource` does, and `ENGINE_FILE_CHANGED`. */
export async function identifyFile(path: string, expected: ExpectedFile | undefined): Promise<FileIdentity> {
  const source = await openFileSource(path);
  await source.close();
  const { identity } = source;
  if (expected === undefined) return identity;
  const { dev, ino, sizeBytes } = expected;
  if (identity.dev === dev && identity.ino === ino && identity.sizeBytes === sizeBytes) return identity;
  throw fileChanged(
    path,
    `device ${identity.dev}, inode ${identity.ino}, ${identity.sizeBytes} bytes`,
    `device ${dev}, inode ${ino}, ${sizeBytes} bytes`,
  );
}

/** What the engine read is the verified file only if nothing moved meanwhile. Throws `ENGINE_FILE_CHANGED`. */
export async function assertUnchanged(path: string, before: FileIdentity): Promise<void> {
  if (sameIdentity(before, await fileIdentity(path))) return;
  throw fileChanged(path, 'it changed while it was loaded', 'the file that was verified');
}

function fileChanged(path: string, received: string, expected: string): EngineFailure {
  return new EngineFailure(
    'ENGINE_FILE_CHANGED',
    `${escapeText(path)} is not the file that was verified: ${received}.`,
    { details: { path, expected, received } },
  );
}

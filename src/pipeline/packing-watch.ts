/**
 * What packing reads is held against what was known of the same files, and remembered. The digests of a bundle are always
 * those of the bytes that went into it; what was known can only stop it.
 */
import { artifactDigest, openChecked, type Artifact, type ArtifactFile } from '../bundle/index.ts';
import { escapeText } from '../core/index.ts';
import type { RegistryEntry } from '../registry/index.ts';
import type { DigestCache, WatchedFile } from '../system/index.ts';
import { PipelineFailure } from './error.ts';
import { assertRegistered } from './registered-gguf.ts';

export interface PackingWatchOptions {
  readonly digests: DigestCache | null;
  /** The entry that the model is packed for; null where it comes from a path. */
  readonly entry: RegistryEntry | null;
}

export interface PackingWatch {
  /** Throws `PIPELINE_DIGEST_CONFLICT`, `PIPELINE_ARTIFACT_CHANGED`. */
  readonly judge: (packed: ReadonlyMap<string, string>) => void;
  /** Never throws. */
  readonly remember: (packed: Readonly<Record<string, string>>) => Promise<void>;
}

interface WatchedArtifactFile {
  readonly file: ArtifactFile;
  readonly watched: WatchedFile;
}

/** To be called before packing begins. Throws `BUNDLE_SOURCE_CHANGED`, `SYSTEM_FILE_*`. */
export async function watchPacking(
  artifact: Artifact,
  { digests, entry }: PackingWatchOptions,
): Promise<PackingWatch> {
  const all: WatchedArtifactFile[] = [];
  for (const file of digests === null ? [] : artifact.files) {
    const source = await openChecked(file);
    try {
      if (digests !== null) all.push({ file, watched: await digests.watch(source) });
    } finally {
      await source.close();
    }
  }
  return {
    judge(packed) {
      for (const { file, watched } of all) assertSame(file, watched.known, packed.get(file.path));
      if (entry !== null && artifact.type === 'gguf') assertRegistered(entry, artifactDigest(packed));
    },
    async remember(packed) {
      const found = all.flatMap(({ file, watched }) => {
        const sha256 = packed[file.path];
        return sha256 === undefined ? [] : [{ file: watched, sha256 }];
      });
      await digests?.remember(found);
    },
  };
}

/** The same size, inode and times, and other bytes: no program wrote them, unless it can hide it. */
function assertSame({ absolutePath }: ArtifactFile, known: string | null, packed: string | undefined): void {
  if (known === null || packed === undefined || known === packed) return;
  throw new PipelineFailure(
    'PIPELINE_DIGEST_CONFLICT',
    `${escapeText(absolutePath)} has other bytes than when it was last hashed, although nothing has written to it since.`,
    { details: { path: absolutePath, expected: `sha256:${known}`, received: `sha256:${packed}` } },
  );
}

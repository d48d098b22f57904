/** Says how big a directory is before it is packed: the second artifact type is many times the first. */
import { escapeText, formatBytes, formatDuration, type Warning } from '../core/index.ts';
import type { Artifact } from '../bundle/index.ts';

/** Bytes a second that hashing, copying and syncing together reach on a small machine with an SSD. */
const ASSUMED_BYTES_PER_SECOND = 400e6;

/** Null for a GGUF. */
export function sizeWarning({ type, path, totalSizeBytes, files }: Artifact): Warning | null {
  if (type === 'gguf') return null;
  const durationMs = (totalSizeBytes / ASSUMED_BYTES_PER_SECOND) * 1000;
  const time = durationMs < 1000 ? 'less than a second' : `about ${formatDuration(durationMs)}`;
  return {
    code: 'HF_DISTILLED_SIZE',
    message: `${escapeText(path)} ships as a whole directory: ${formatBytes(totalSizeBytes)} in ${files.length} files, ${time} at ${formatBytes(ASSUMED_BYTES_PER_SECOND)}/s. The GGUF is a fraction of that.`,
  };
}

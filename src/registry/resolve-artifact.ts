/** Guarantees that the artifact an entry names is there, of the right kind, readable and not empty. Never another one. */
import { readdir, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import {
  assertVersion,
  escapeText,
  Failure,
  isErrno,
  isJsonObject,
  type ArtifactType,
} from '../core/index.ts';
import { toSystemFailure, withFileSource } from '../system/index.ts';
import { RegistryFailure, type RegistryCode } from './error.ts';
import type { RegistryEntry, ResolvedArtifact } from './types.ts';

/**
 * Throws `CORE_VERSION_INVALID` (such an entry is listed, and never shipped), `REGISTRY_NO_GGUF`, `REGISTRY_PATH_RELATIVE`,
 * `REGISTRY_ARTIFACT_MISSING`, `_WRONG_KIND`, `_UNREADABLE`, `_EMPTY`. What is inside is for `gguf` and `hf` to check.
 */
export async function resolveArtifact(entry: RegistryEntry, type: ArtifactType): Promise<ResolvedArtifact> {
  assertVersion(entry.version);
  const path = type === 'gguf' ? requireGgufPath(entry) : entry.model_path;
  const artifact: Artifact = { type, path, version: entry.version };
  if (!isAbsolute(path)) {
    throw refuse('REGISTRY_PATH_RELATIVE', artifact, {
      what: 'is not an absolute path',
      expected: 'an absolute path',
      received: path,
      hint: `Register the path it really has: ${registerCommand(artifact)}`,
    });
  }
  await assertKind(artifact);
  await assertContent(artifact);
  return { type, path };
}

/** `metrics.compression.gguf_path`, or null where the entry has none. */
export function findGgufPath({ metrics }: RegistryEntry): string | null {
  const compression = metrics['compression'];
  const path = isJsonObject(compression) ? compression['gguf_path'] : null;
  return typeof path === 'string' && path !== '' ? path : null;
}

interface Artifact extends ResolvedArtifact {
  readonly version: string;
}

function requireGgufPath(entry: RegistryEntry): string {
  const path = findGgufPath(entry);
  if (path !== null) return path;
  const { version } = entry;
  throw new RegistryFailure(
    'REGISTRY_NO_GGUF',
    `There is no GGUF for ${version}: its registry entry has no metrics.compression.gguf_path.`,
    {
      hint: `Ship the directory with --artifact hf-distilled, or make the GGUF from it: milton quantize ${version}`,
      details: { version, expected: 'metrics.compression.gguf_path', received: 'no such path' },
    },
  );
}

async function assertKind(artifact: Artifact): Promise<void> {
  const received = await describeKind(artifact);
  const expected = artifact.type === 'gguf' ? 'a file' : 'a directory';
  if (received === expected) return;
  const other = artifact.type === 'gguf' ? 'hf-distilled' : 'gguf';
  throw refuse('REGISTRY_ARTIFACT_WRONG_KIND', artifact, {
    what: `is ${received}, not ${expected}`,
    expected,
    received,
    hint: `Register the right path (${registerCommand(artifact)}), or ship what is there: --artifact ${other}`,
  });
}

async function describeKind(artifact: Artifact): Promise<string> {
  try {
    const stats = await stat(artifact.path);
    if (stats.isFile()) return 'a file';
    return stats.isDirectory() ? 'a directory' : 'neither a file nor a directory';
  } catch (error) {
    throw toRefusal(error, artifact);
  }
}

async function assertContent(artifact: Artifact): Promise<void> {
  const isEmpty = await readIsEmpty(artifact);
  if (!isEmpty) return;
  throw refuse('REGISTRY_ARTIFACT_EMPTY', artifact, {
    what: 'is empty',
    expected: artifact.type === 'gguf' ? 'a file with bytes in it' : 'a directory with files in it',
    received: artifact.type === 'gguf' ? '0 bytes' : '0 files',
  });
}

/** Opens it for reading: a mode that forbids it would otherwise be found after the first gigabytes. */
async function readIsEmpty(artifact: Artifact): Promise<boolean> {
  try {
    if (artifact.type === 'hf-distilled') return (await readdir(artifact.path)).length === 0;
    return await withFileSource(artifact.path, (source) => Promise.resolve(source.sizeBytes === 0));
  } catch (error) {
    throw toRefusal(error, artifact);
  }
}

function toRefusal(error: unknown, artifact: Artifact): unknown {
  if (isErrno(error, 'ENAMETOOLONG', 'ELOOP')) return refuseMissing(artifact, error);
  const failure = toSystemFailure(error, { path: artifact.path, action: 'read' });
  if (!(failure instanceof Failure)) return failure;
  if (failure.code === 'SYSTEM_FILE_MISSING') return refuseMissing(artifact, failure);
  if (failure.code !== 'SYSTEM_FILE_UNREADABLE') return failure;
  return refuse('REGISTRY_ARTIFACT_UNREADABLE', artifact, {
    what: 'may not be read by this user',
    expected: 'a readable path',
    received: 'permission denied',
    cause: failure,
  });
}

function refuseMissing(artifact: Artifact, cause: unknown): RegistryFailure {
  return refuse('REGISTRY_ARTIFACT_MISSING', artifact, {
    what: 'does not exist',
    expected: artifact.path,
    received: 'no such path',
    hint: `Put it back, or register the path it has now: ${registerCommand(artifact)}`,
    cause,
  });
}

function registerCommand({ type, version }: Artifact): string {
  return `milton models register ${version} ${type === 'gguf' ? '--gguf FILE' : '--hf DIR'}`;
}

interface Refusal {
  readonly what: string;
  readonly expected: string;
  readonly received: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

function refuse(
  code: RegistryCode,
  { type, path, version }: Artifact,
  { what, expected, received, hint, cause }: Refusal,
): RegistryFailure {
  return new RegistryFailure(code, `The ${type} artifact of ${version}, ${escapeText(path)}, ${what}.`, {
    ...(hint !== undefined && { hint }),
    details: { version, artifact_type: type, path, expected, received },
    cause,
  });
}

/** `manifest.json`: exactly the nine fields of the Python loader, read strictly. Pure. */
import { ARTIFACT_TYPES, isVersion, toStamp, type JsonObject, type JsonValue } from '../core/index.ts';
import {
  assertKeys,
  countField,
  digestField,
  fieldsOf,
  objectField,
  oneOfField,
  textField,
  wrong,
} from './fields.ts';
import { MAX_TAR_SECONDS } from './limits.ts';
import { assertSafePath } from './path-safety.ts';
import { isModelPath } from './sums.ts';
import type { BundleManifest } from './file-shapes.ts';

export const MANIFEST_NAME = 'manifest.json';

export const MANIFEST_KEYS = [
  'bundle_id',
  'created_at',
  'model_version',
  'model_path',
  'artifact_type',
  'registry_entry',
  'benchmark_summary',
  'files',
  'total_size_bytes',
] as const satisfies readonly (keyof BundleManifest)[];

/** The entry of a model that is in no registry: the same fields, and nothing known. */
export function unregisteredEntry(version: string): JsonObject {
  return {
    version,
    base_model: null,
    distilled_from: null,
    quantization: null,
    model_path: null,
    timestamp: null,
    metrics: {},
    active: false,
    last_good: false,
    commit_hash: null,
  };
}

/** `bundle_<version>_<YYYYMMDD_HHMMSS>`: the name of the top folder too. */
export function toBundleId(version: string, createdAt: Date): string {
  return `bundle_${version}_${toStamp(createdAt)}`;
}

/** Throws `BUNDLE_METADATA_INVALID`, `BUNDLE_NAME_UNSAFE`, `BUNDLE_LIMIT`. */
export function parseManifest(value: JsonValue): BundleManifest {
  const fields = fieldsOf(value, { file: MANIFEST_NAME });
  assertKeys(fields, MANIFEST_KEYS);
  const version = textField(fields, 'model_version');
  if (!isVersion(version)) throw wrong(fields, 'model_version', 'a version');
  return {
    bundle_id: textField(fields, 'bundle_id'),
    created_at: textField(fields, 'created_at'),
    model_version: version,
    model_path: textField(fields, 'model_path'),
    artifact_type: oneOfField(fields, 'artifact_type', ARTIFACT_TYPES),
    registry_entry: objectField(fields, 'registry_entry').value,
    benchmark_summary: objectField(fields, 'benchmark_summary').value,
    files: parseFiles(objectField(fields, 'files')),
    total_size_bytes: countField(fields, 'total_size_bytes'),
  };
}

/** The second that every header of a format-2 archive bears. Throws `BUNDLE_METADATA_INVALID` for another spelling. */
export function archiveSecond({ created_at }: Pick<BundleManifest, 'created_at'>): number {
  const milliseconds = Date.parse(created_at);
  const seconds = Math.floor(milliseconds / 1000);
  if (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/.test(created_at) &&
    seconds >= 0 &&
    seconds <= MAX_TAR_SECONDS
  ) {
    return seconds;
  }
  const fields = fieldsOf({ created_at }, { file: MANIFEST_NAME });
  throw wrong(fields, 'created_at', 'a time like 2026-01-11T20:28:01.120+00:00');
}

function parseFiles(fields: ReturnType<typeof fieldsOf>): BundleManifest['files'] {
  const paths = Object.keys(fields.value);
  if (paths.length === 0) throw wrong({ ...fields, at: '' }, 'files', 'at least one file');
  for (const path of paths) {
    assertSafePath(path);
    if (!isModelPath(path)) throw wrong(fields, path, 'no file outside model/');
    digestField(fields, path);
  }
  return fields.value as BundleManifest['files'];
}

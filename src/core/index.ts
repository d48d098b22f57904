/** `core`: failures, results, units, progress events, ids, strict JSON, the byte-source interface. No `node:` import. */
export { assertRange, memorySource, sliceSource, type ByteSource } from './byte-source.ts';
export { CORE_FAILURES, CoreFailure, throwIfAborted, type CoreCode } from './error.ts';
export {
  Failure,
  isErrno,
  messageOf,
  type Aftermath,
  type ExitCode,
  type FailureCatalogue,
  type FailureOptions,
  type FailureReport,
  type FailureSpec,
} from './failure.ts';
export {
  assertVersion,
  compareCodeUnits,
  compareVersions,
  isVersion,
  toDeploymentId,
  toStamp,
  toTimestamp,
  VERSION_PATTERN,
} from './ids.ts';
export {
  formatJson,
  isJsonObject,
  JsonNumber,
  toJsonTree,
  toPlainJson,
  type JsonObject,
  type JsonTree,
  type JsonTreeObject,
  type JsonValue,
} from './json.ts';
export { decodeUtf8, parseJson, parseJsonTree, type ParseJsonOptions } from './json-parser.ts';
export { MAX_JSON_BYTES, MAX_JSON_DEPTH } from './limits.ts';
export type { OnProgress, ProgressEvent, ProgressItem, Warning } from './progress.ts';
export { escapeText, formatBytes, formatDuration, quoteWord } from './units.ts';
export { ARTIFACT_TYPES, type ArtifactType } from './artifact-type.ts';

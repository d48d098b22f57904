/** `edge.json`: what this tool adds to a bundle. Known fields are read strictly, others are kept. Pure. */
import { ARTIFACT_TYPES, isJsonObject, type JsonValue } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import {
  countField,
  digestField,
  fieldsOf,
  listField,
  objectField,
  oneOfField,
  orNull,
  textField,
  wrong,
  type Fields,
} from './fields.ts';
import { MAX_EDGE_ITEMS, MAX_FILE_BYTES } from './limits.ts';
import { assertSafePath } from './path-safety.ts';
import { parseRelease } from './release.ts';
import { isModelPath } from './sums.ts';
import type {
  EdgeArtifact,
  EdgeChatTemplate,
  EdgeFile,
  EdgeRequirements,
  EdgeUnsafeFile,
} from './file-shapes.ts';

export const EDGE_NAME = 'edge.json';
export const FORMAT_VERSION = 2;

// The room `evidence` states these; a value import would cost its start-up time on every inspect.
const EVIDENCE_KINDS = [
  'measured',
  'mismatch',
  'unbound',
  'none',
] as const satisfies readonly EdgeFile['evidence']['kind'][];

/** Throws `BUNDLE_FORMAT_UNSUPPORTED`, `BUNDLE_METADATA_INVALID`, `BUNDLE_NAME_UNSAFE`, `BUNDLE_LIMIT`. */
export function parseEdgeFile(value: JsonValue): EdgeFile {
  const fields = fieldsOf(value, { file: EDGE_NAME });
  const version = countField(fields, 'format_version');
  if (version !== FORMAT_VERSION) {
    throw new BundleFailure('BUNDLE_FORMAT_UNSUPPORTED', `The bundle is of format ${version}.`, {
      details: { expected: `format ${FORMAT_VERSION}`, received: `format ${version}` },
    });
  }
  const rules = listField(fields, 'waived_rules');
  if (!rules.every((rule) => typeof rule === 'string'))
    throw wrong(fields, 'waived_rules', 'a list of rules');
  const unsafeFiles = listIfThere(fields, 'unsafe_files', parseUnsafeFile);
  return {
    ...(isJsonObject(value) ? value : {}),
    format_version: FORMAT_VERSION,
    tool: textField(fields, 'tool'),
    artifact: parseArtifact(objectField(fields, 'artifact')),
    evidence: parseEvidence(objectField(fields, 'evidence')),
    ...(Object.hasOwn(fields.value, 'measured_on') && {
      measured_on: parseMeasuredOn(objectField(fields, 'measured_on')),
    }),
    requires: parseRequirements(objectField(fields, 'requires')),
    waived_rules: rules,
    ...(unsafeFiles !== undefined && { unsafe_files: unsafeFiles }),
    release: orNull(parseRelease)(fields, 'release'),
  };
}

function parseArtifact(fields: Fields): EdgeArtifact {
  const chatTemplates = listIfThere(fields, 'chat_templates', parseChatTemplate);
  return {
    ...fields.value,
    type: oneOfField(fields, 'type', ARTIFACT_TYPES),
    size_bytes: countField(fields, 'size_bytes'),
    sha256: digestField(fields, 'sha256'),
    files: listField(fields, 'files').map((file, index) =>
      parseFile(fieldsOf(file, { file: fields.file, at: `${fields.at}files[${index}].` })),
    ),
    architecture: orNull(textField)(fields, 'architecture'),
    quantization: orNull(textField)(fields, 'quantization'),
    parameter_count: orNull(countField)(fields, 'parameter_count'),
    context_length: orNull(countField)(fields, 'context_length'),
    tensor_count: orNull(countField)(fields, 'tensor_count'),
    shards: orNull(countField)(fields, 'shards'),
    ...(chatTemplates !== undefined && { chat_templates: chatTemplates }),
  };
}

/** A list that came with a later version: undefined where it is not there, else as strict as the rest. */
function listIfThere<Item>(
  fields: Fields,
  key: string,
  parse: (fields: Fields) => Item,
): readonly Item[] | undefined {
  if (!Object.hasOwn(fields.value, key)) return undefined;
  const items = listField(fields, key);
  if (items.length > MAX_EDGE_ITEMS) throw wrong(fields, key, `at most ${MAX_EDGE_ITEMS} entries`);
  return items.map((item, index) =>
    parse(fieldsOf(item, { file: fields.file, at: `${fields.at}${key}[${index}].` })),
  );
}

function parseChatTemplate(fields: Fields): EdgeChatTemplate {
  return { ...fields.value, name: textField(fields, 'name'), sha256: digestField(fields, 'sha256') };
}

function parseUnsafeFile(fields: Fields): EdgeUnsafeFile {
  return { ...fields.value, path: textField(fields, 'path'), reason: textField(fields, 'reason') };
}

function parseFile(fields: Fields): EdgeArtifact['files'][number] {
  const path = textField(fields, 'path');
  assertSafePath(path);
  if (!isModelPath(path)) throw wrong(fields, 'path', 'a path under model/');
  const size_bytes = countField(fields, 'size_bytes');
  if (size_bytes > MAX_FILE_BYTES) throw wrong(fields, 'size_bytes', `at most ${MAX_FILE_BYTES}`);
  return { path, size_bytes };
}

function parseEvidence(fields: Fields): EdgeFile['evidence'] {
  const evidence = {
    kind: oneOfField(fields, 'kind', EVIDENCE_KINDS),
    run_id: orNull(textField)(fields, 'run_id'),
    run_timestamp: orNull(textField)(fields, 'run_timestamp'),
    model_version: orNull(textField)(fields, 'model_version'),
    measured_sha256: orNull(digestField)(fields, 'measured_sha256'),
    artifact_sha256: digestField(fields, 'artifact_sha256'),
  };
  const { kind, measured_sha256, artifact_sha256 } = evidence;
  if (kind !== expectedKind(evidence)) {
    throw wrong(
      fields,
      'kind',
      `"${expectedKind(evidence)}" for ${measured_sha256 ?? 'no digest'} against ${artifact_sha256}`,
    );
  }
  return evidence;
}

/** What the digests say, whatever the file says. */
function expectedKind({
  run_id,
  measured_sha256,
  artifact_sha256,
}: Omit<EdgeFile['evidence'], 'kind'>): string {
  if (run_id === null) return 'none';
  if (measured_sha256 === null) return 'unbound';
  return measured_sha256 === artifact_sha256 ? 'measured' : 'mismatch';
}

function parseMeasuredOn(fields: Fields): NonNullable<EdgeFile['measured_on']> {
  const flags = fields.value['engine_flags'] === null ? null : listField(fields, 'engine_flags');
  if (flags !== null && (flags.length > MAX_EDGE_ITEMS || !flags.every((flag) => typeof flag === 'string')))
    throw wrong(fields, 'engine_flags', `at most ${MAX_EDGE_ITEMS} flags`);
  return {
    machine_sha256: orNull(digestField)(fields, 'machine_sha256'),
    engine: orNull(textField)(fields, 'engine'),
    engine_version: orNull(textField)(fields, 'engine_version'),
    engine_flags: flags,
  };
}

function parseRequirements(fields: Fields): EdgeRequirements {
  return {
    ...fields.value,
    disk_bytes: countField(fields, 'disk_bytes'),
    memory_bytes: orNull(countField)(fields, 'memory_bytes'),
    memory_context_tokens: orNull(countField)(fields, 'memory_context_tokens'),
    memory_is_estimate: oneOfField(fields, 'memory_is_estimate', [true] as const),
  };
}

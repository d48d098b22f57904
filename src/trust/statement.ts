/**
 * The in-toto Statement v1 of OpenSSF Model Signing v1.0 §5 and §6: which files were signed, by name and digest. Read only
 * after the signature over its exact bytes held.
 */
import { createHash } from 'node:crypto';
import { escapeText } from '../core/index.ts';
import { TrustFailure } from './error.ts';
import {
  assertOnly,
  digestField,
  fieldsOf,
  listField,
  objectField,
  own,
  textField,
  wrong,
  type Fields,
} from './fields.ts';
import { MAX_RESOURCES } from './limits.ts';
import { assertResourceName, compareNames } from './resource-names.ts';
import { parseStrictJson } from './strict-json.ts';
import type { Resource } from './types.ts';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';
/** What model-signing v0.2.0 wrote, with the files as subjects (OMS v1.0 §5.1, historical note). */
const HISTORIC_PREDICATE_TYPE = 'https://model_signing/Digests/v0.1';

export interface Statement {
  readonly subjectName: string;
  readonly subjectSha256: string;
  /** Sorted by name. */
  readonly resources: ReadonlyMap<string, string>;
}

/**
 * Compact JSON; the resources are sorted here. Throws `TRUST_RESOURCE_NAME_INVALID`, `TRUST_RESOURCES_UNSORTED` (for a name
 * that comes twice).
 */
export function formatStatement(
  resources: readonly Resource[],
  { subjectName }: { readonly subjectName: string },
): Uint8Array {
  const sorted = resources.toSorted((a, b) => compareNames(a.name, b.name));
  assertNames(sorted.map(({ name }) => name));
  return new TextEncoder().encode(
    JSON.stringify({
      _type: STATEMENT_TYPE,
      subject: [{ name: subjectName, digest: { sha256: subjectDigest(sorted.map(({ sha256 }) => sha256)) } }],
      predicateType: PREDICATE_TYPE,
      predicate: {
        resources: sorted.map(({ name, sha256 }) => ({ name, algorithm: 'sha256', digest: sha256 })),
        serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false },
      },
    }),
  );
}

/**
 * Throws `TRUST_STATEMENT_INVALID`, `TRUST_JSON_AMBIGUOUS`, `TRUST_ENVELOPE_LIMIT`, `TRUST_PREDICATE_TYPE_UNKNOWN`,
 * `TRUST_ENCODING_HISTORIC`, `TRUST_SERIALIZATION_UNSUPPORTED`, `TRUST_RESOURCE_NAME_INVALID`, `TRUST_RESOURCES_UNSORTED`,
 * `TRUST_SUBJECT_MISMATCH`.
 */
export function parseStatement(payload: Uint8Array): Statement {
  const code = 'TRUST_STATEMENT_INVALID';
  const statement = fieldsOf(parseStrictJson(payload, { name: 'The signed statement', invalid: code }), {
    code,
  });
  assertTypes(statement);
  assertOnly(statement, ['_type', 'subject', 'predicateType', 'predicate']);
  const predicate = objectField(statement, 'predicate');
  assertSerialization(objectField(predicate, 'serialization'));
  const resources = parseResources(predicate);
  const subject = parseSubject(statement);
  const expected = subjectDigest([...resources.values()]);
  if (subject.sha256 !== expected) {
    throw new TrustFailure(
      'TRUST_SUBJECT_MISMATCH',
      'The signed statement contradicts itself: its subject is not what it lists.',
      {
        details: { expected: `sha256:${expected}`, received: `sha256:${subject.sha256}` },
      },
    );
  }
  return { subjectName: subject.name, subjectSha256: expected, resources };
}

/** OMS v1.0 §6.5.1: SHA-256 over the raw digests, one behind the other. */
export function subjectDigest(digests: readonly string[]): string {
  const hash = createHash('sha256');
  for (const digest of digests) hash.update(Buffer.from(digest, 'hex'));
  return hash.digest('hex');
}

function assertTypes(statement: Fields): void {
  const type = textField(statement, '_type');
  const predicateType = textField(statement, 'predicateType');
  if (predicateType === HISTORIC_PREDICATE_TYPE) {
    throw new TrustFailure(
      'TRUST_ENCODING_HISTORIC',
      'The signed statement is that of model-signing v0.2.0, which is refused.',
      {
        details: { expected: PREDICATE_TYPE, received: predicateType },
      },
    );
  }
  for (const [expected, received] of [
    [STATEMENT_TYPE, type],
    [PREDICATE_TYPE, predicateType],
  ] as const) {
    if (received === expected) continue;
    throw new TrustFailure(
      'TRUST_PREDICATE_TYPE_UNKNOWN',
      `The signed statement is of a kind that is not known: ${escapeText(received, 80)}.`,
      { details: { expected, received: escapeText(received, 120) } },
    );
  }
}

/** OMS v1.0 §5.2.2. `ignore_paths` is read over: inside a bundle nothing is excused. */
function assertSerialization(fields: Fields): void {
  for (const [key, expected] of [
    ['method', 'files'],
    ['hash_type', 'sha256'],
    ['allow_symlinks', false],
  ] as const) {
    const received = own(fields, key);
    if (received === expected) continue;
    throw new TrustFailure(
      'TRUST_SERIALIZATION_UNSUPPORTED',
      `The signed statement is about another way of listing files: ${key}.`,
      {
        details: {
          field: `predicate.serialization.${key}`,
          expected: String(expected),
          received: received === undefined ? 'nothing' : escapeText(JSON.stringify(received), 60),
        },
      },
    );
  }
}

/** OMS v1.0 §5.2.1: at least one, sorted by code point; fields beyond the three are to be ignored. */
function parseResources(predicate: Fields): ReadonlyMap<string, string> {
  const list = listField(predicate, 'resources');
  if (list.length === 0 || list.length > MAX_RESOURCES)
    throw wrong(predicate, 'resources', `1 to ${MAX_RESOURCES} files`);
  const resources = list.map((item, index) => {
    const fields = fieldsOf(item, { code: predicate.code, at: `${predicate.at}resources[${index}].` });
    if (own(fields, 'algorithm') !== 'sha256') throw wrong(fields, 'algorithm', '"sha256"');
    return [textField(fields, 'name'), digestField(fields, 'digest')] as const;
  });
  assertNames(resources.map(([name]) => name));
  return new Map(resources);
}

function assertNames(names: readonly string[]): void {
  let before: string | null = null;
  for (const name of names) {
    // OMS v1.0 before its §6.1.2 called the only file of a model ".".
    if (names.length > 1 || name !== '.') assertResourceName(name);
    if (before !== null && compareNames(before, name) >= 0) {
      throw new TrustFailure(
        'TRUST_RESOURCES_UNSORTED',
        'The files of the signed statement are not in their one order.',
        {
          details: {
            expected: 'names sorted by code point, none twice',
            received: `${escapeText(name, 120)} after ${escapeText(before, 120)}`,
          },
        },
      );
    }
    before = name;
  }
}

function parseSubject(statement: Fields): { readonly name: string; readonly sha256: string } {
  const subjects = listField(statement, 'subject');
  if (subjects.length !== 1) throw wrong(statement, 'subject', 'exactly one subject');
  const subject = fieldsOf(subjects[0], { code: statement.code, at: 'subject[0].' });
  assertOnly(subject, ['name', 'digest']);
  const name = textField(subject, 'name');
  if (name === '') throw wrong(subject, 'name', 'a name');
  const digest = objectField(subject, 'digest');
  assertOnly(digest, ['sha256']);
  return { name, sha256: digestField(digest, 'sha256') };
}

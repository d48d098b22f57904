/** Bytes that claim to be a policy, into one that can be followed: strict, whole, and without contradictions, or refused. */
import type { z } from 'zod';
import { escapeText, type JsonValue } from '../core/index.ts';
import { TrustFailure } from './error.ts';
import { MAX_POLICY_BYTES, MAX_POLICY_VALUES } from './limits.ts';
import { parsePublicKey } from './key-parse.ts';
import type { Policy, PolicyKey } from './policy.ts';
import type { PolicyFile } from './policy-schema.ts';
import { parseStrictJson } from './strict-json.ts';

export interface ParsePolicyOptions {
  /** What is being read, for messages: usually a path. */
  readonly name?: string;
}

/** Throws `TRUST_POLICY_INVALID`. */
export async function parsePolicy(
  bytes: Uint8Array,
  { name = 'the policy' }: ParsePolicyOptions = {},
): Promise<Policy> {
  const value = parseStrictly(bytes, name);
  const { policyFile } = await import('./policy-schema.ts');
  const parsed = policyFile.safeParse(value);
  if (!parsed.success) throw toFailure(parsed.error.issues[0], name);
  const policy = toPolicy(parsed.data, name);
  assertConsistent(policy, name);
  return policy;
}

function parseStrictly(bytes: Uint8Array, name: string): JsonValue {
  const limits = { maxBytes: MAX_POLICY_BYTES, maxValues: MAX_POLICY_VALUES };
  try {
    return parseStrictJson(bytes, { name, invalid: 'TRUST_POLICY_INVALID', ...limits });
  } catch (cause) {
    if (!(cause instanceof TrustFailure)) throw cause;
    throw new TrustFailure('TRUST_POLICY_INVALID', cause.message, { details: cause.details, cause });
  }
}

function toPolicy(file: PolicyFile, name: string): Policy {
  const { allow } = file;
  return {
    signatures: file.signatures,
    keys: file.keys.map((key, index) => toKey(key, `keys[${index}]`, name)),
    artifactTypes: file.artifact_types ?? null,
    architectures: file.architectures ?? null,
    maxSizeBytes: file.max_size_bytes ?? null,
    evidence: file.evidence,
    trustsClock: file.clock === 'trusted',
    allow: {
      skipLoadTest: allow.skip_load_test,
      downgrade: allow.downgrade,
      unsafeFiles: allow.unsafe_files,
      pythonBundles: allow.python_bundles,
    },
  };
}

/** The id is what people compare; the PEM is what is believed. Both must name one key. */
function toKey(file: PolicyFile['keys'][number], at: string, name: string): PolicyKey {
  const key = readKey(file.public_key, `${at}.public_key`, name);
  if (key.id !== file.id) {
    throw invalid(name, `${at}.id`, `${key.id}, the SHA-256 of its public_key`, file.id);
  }
  return {
    key,
    name: file.name ?? null,
    lines: file.lines ?? null,
    minCounter: file.min_counter ?? null,
    maxCounter: file.max_counter ?? null,
    revoked: file.revoked ?? null,
  };
}

function readKey(pem: string, field: string, name: string): PolicyKey['key'] {
  try {
    return parsePublicKey(pem, { name: `${field} of ${name}` });
  } catch (cause) {
    if (!(cause instanceof TrustFailure)) throw cause;
    throw new TrustFailure('TRUST_POLICY_INVALID', `${name} cannot be followed: ${cause.message}`, {
      details: { ...cause.details, field, key_code: cause.code },
      cause,
    });
  }
}

function assertConsistent({ signatures, keys, allow }: Policy, name: string): void {
  const ids = keys.map(({ key }) => key.id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice !== -1) throw invalid(name, `keys[${twice}].id`, 'each key once', `${ids[twice]} again`);
  if (signatures !== 'off' && keys.length === 0) {
    throw invalid(name, 'keys', `at least one key, as signatures is "${signatures}"`, 'none');
  }
  for (const [index, { minCounter, maxCounter }] of keys.entries()) {
    if (minCounter === null || maxCounter === null || minCounter <= maxCounter) continue;
    throw invalid(
      name,
      `keys[${index}].max_counter`,
      `at least min_counter (${minCounter})`,
      String(maxCounter),
    );
  }
  if (signatures === 'require' && allow.pythonBundles) {
    throw invalid(
      name,
      'allow.python_bundles',
      'false, as signatures are required and a bundle of the Python tool cannot bear one',
      'true',
    );
  }
}

function toFailure(issue: z.core.$ZodIssue | undefined, name: string): TrustFailure {
  if (issue === undefined) return invalid(name, 'the top level', 'a policy', 'something else');
  const path = issue.path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${escapeText(String(key), 60)}`))
    .join('')
    .replace(/^\./, '');
  const field = path === '' ? 'the top level' : path;
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `"${escapeText(key, 60)}"`).join(', ');
    return invalid(name, field, 'only keys that the schema knows', keys);
  }
  return invalid(name, field, escapeText(issue.message, 200), 'something else');
}

function invalid(name: string, field: string, expected: string, received: string): TrustFailure {
  return new TrustFailure('TRUST_POLICY_INVALID', `${name} is no policy that can be followed: ${field}.`, {
    details: { file: name, field, expected, received },
  });
}

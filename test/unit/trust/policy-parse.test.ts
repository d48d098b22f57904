import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../src/core/index.ts';
import { TrustFailure } from '../../../src/trust/error.ts';
import { generateKeyPair } from '../../../src/trust/key-generate.ts';
import { formatPrivateKey } from '../../../src/trust/key-generate.ts';
import { formatPolicy } from '../../../src/trust/policy-new.ts';
import { parsePolicy } from '../../../src/trust/policy-parse.ts';
import type { SigningKey } from '../../../src/trust/types.ts';
import { policyKey, policyText } from '../../fakes/policy.ts';

let key: SigningKey;
let other: SigningKey;

beforeAll(async () => {
  key = await generateKeyPair();
  other = await generateKeyPair({ curve: 'P-521' });
});

const parse = (text: string): ReturnType<typeof parsePolicy> => parsePolicy(new TextEncoder().encode(text));
const owned = (rest: JsonObject = {}): string => policyText([policyKey(key)], rest);
const withKey = (rest: JsonObject): string => policyText([policyKey(key, rest)]);

describe('parsePolicy', () => {
  it('reads every rule', async () => {
    const text = policyText(
      [
        policyKey(key, { name: 'release', lines: ['tiny'], min_counter: 3, max_counter: 9 }),
        policyKey(other, { revoked: 'lost' }),
      ],
      {
        $schema: './policy.schema.json',
        artifact_types: ['gguf'],
        architectures: ['llama'],
        max_size_bytes: 1_000_000,
        evidence: 'measured',
        clock: 'trusted',
        allow: { downgrade: true },
      },
    );
    expect(await parse(text)).toMatchObject({
      signatures: 'require',
      keys: [
        {
          key: { id: key.id },
          name: 'release',
          lines: ['tiny'],
          minCounter: 3,
          maxCounter: 9,
          revoked: null,
        },
        {
          key: { id: other.id },
          name: null,
          lines: null,
          minCounter: null,
          maxCounter: null,
          revoked: 'lost',
        },
      ],
      artifactTypes: ['gguf'],
      architectures: ['llama'],
      maxSizeBytes: 1_000_000,
      evidence: 'measured',
      trustsClock: true,
      allow: { skipLoadTest: false, downgrade: true, unsafeFiles: false, pythonBundles: false },
    });
  });

  it('lets nothing be forced and trusts no clock unless it says so', async () => {
    expect(await parse(policyText([], { signatures: 'off' }))).toEqual({
      signatures: 'off',
      keys: [],
      artifactTypes: null,
      architectures: null,
      maxSizeBytes: null,
      evidence: 'any',
      trustsClock: false,
      allow: { skipLoadTest: false, downgrade: false, unsafeFiles: false, pythonBundles: false },
    });
  });

  it.each<[string, () => string, string]>([
    ['no JSON', () => 'signatures: require', 'line 1'],
    ['not an object', () => '[]', 'the top level'],
    ['an empty object', () => '{}', 'policy_version'],
    ['another version', () => owned({ policy_version: 2 }), 'policy_version'],
    ['a mode that there is not', () => owned({ signatures: 'required' }), 'signatures'],
    ['a misspelt rule', () => owned({ artefact_types: ['gguf'] }), 'the top level'],
    ['a misspelt allowance', () => owned({ allow: { skip_loadtest: true } }), 'allow'],
    ['an allowance that is no yes or no', () => owned({ allow: { downgrade: 'yes' } }), 'allow.downgrade'],
    ['an unknown type of artifact', () => owned({ artifact_types: ['onnx'] }), 'artifact_types[0]'],
    ['an empty list, which would take nothing', () => owned({ architectures: [] }), 'architectures'],
    ['a size of nothing', () => owned({ max_size_bytes: 0 }), 'max_size_bytes'],
    ['a size that is no whole number', () => owned({ max_size_bytes: 1.5 }), 'max_size_bytes'],
    ['no key where signatures are required', () => policyText([]), 'keys'],
    ['no key where a lack is warned of', () => policyText([], { signatures: 'warn' }), 'keys'],
    ['a key twice', () => policyText([policyKey(key), policyKey(key)]), 'keys[1].id'],
    ['a key under the id of another', () => policyText([{ ...policyKey(key), id: other.id }]), 'keys[0].id'],
    ['an id in capitals', () => policyText([{ ...policyKey(key), id: key.id.toUpperCase() }]), 'keys[0].id'],
    [
      'a lower bound above the upper one',
      () => withKey({ min_counter: 9, max_counter: 3 }),
      'keys[0].max_counter',
    ],
    ['a negative counter', () => withKey({ min_counter: -1 }), 'keys[0].min_counter'],
    ['a revocation without a reason', () => withKey({ revoked: '  ' }), 'keys[0].revoked'],
    ['a revocation that is a yes', () => withKey({ revoked: true }), 'keys[0].revoked'],
    ['an empty list of lines', () => withKey({ lines: [] }), 'keys[0].lines'],
    ['a private key', () => withPem(formatPrivateKey(key)), 'keys[0].public_key'],
    ['no PEM', () => withPem('ssh-ed25519 AAAA'), 'keys[0].public_key'],
    ['an Ed25519 key', () => withPem(pemOf(generateKeyPairSync('ed25519'))), 'keys[0].public_key'],
    [
      'an RSA key',
      () => withPem(pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }))),
      'keys[0].public_key',
    ],
    [
      'a key on another curve',
      () => withPem(pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))),
      'keys[0].public_key',
    ],
    [
      'bundles of the Python tool where signatures are required',
      () => owned({ allow: { python_bundles: true } }),
      'allow.python_bundles',
    ],
  ])('refuses %s, and names the field', async (_, text, field) => {
    const error: unknown = await parse(text()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TRUST_POLICY_INVALID', exitCode: 3, aftermath: 'unchanged' });
    expect((error as TrustFailure).message).toContain(field);
  });

  it.each<[string, string]>([
    ['a key twice', '{"policy_version":1,"signatures":"require","signatures":"off"}'],
    ['__proto__', '{"policy_version":1,"signatures":"off","__proto__":{"signatures":"off"}}'],
    ['a number past 2^53', '{"policy_version":1,"signatures":"off","max_size_bytes":9007199254740993}'],
    ['more than a policy can have', `{"policy_version":1,"signatures":"off"${' '.repeat(300_000)}}`],
    ['nesting without end', `{"policy_version":${'['.repeat(100)}`],
  ])('refuses what two readers could read in two ways, or none at all: %s', async (_, text) => {
    await expect(parse(text)).rejects.toMatchObject({ code: 'TRUST_POLICY_INVALID' });
  });

  it('gives a policy or a failure of ours for any JSON and any bytes', async () => {
    const any = fc.oneof(
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 200 }),
      fc
        .dictionary(fc.constantFrom('policy_version', 'signatures', 'keys', 'allow', 'clock'), fc.jsonValue())
        .map((value) => new TextEncoder().encode(JSON.stringify(value))),
    );
    await fc.assert(
      fc.asyncProperty(any, async (bytes) => {
        const error: unknown = await parsePolicy(bytes).catch((thrown: unknown) => thrown);
        if (error instanceof Error) expect(error).toBeInstanceOf(TrustFailure);
      }),
      { numRuns: 300 },
    );
  });
});

describe('formatPolicy', () => {
  it('writes what is read back the same', async () => {
    const keys = [
      { key, name: 'release' },
      { key: other, name: null },
    ];
    const lines = ['tiny', 'meta-llama/Llama-3.2-1B'];
    const text = formatPolicy({ signatures: 'warn', keys, lines, artifactTypes: ['gguf'] });
    expect(await parse(text)).toMatchObject({
      signatures: 'warn',
      keys: [
        { key: { id: key.id }, name: 'release', lines, minCounter: 0, maxCounter: null, revoked: null },
        { key: { id: other.id }, name: null, lines },
      ],
      artifactTypes: ['gguf'],
      evidence: 'any',
      trustsClock: false,
      allow: { skipLoadTest: false, downgrade: false, unsafeFiles: false, pythonBundles: false },
    });
    expect((JSON.parse(text) as Record<string, JsonValue>)['allow']).toEqual({
      skip_load_test: false,
      downgrade: false,
      unsafe_files: false,
      python_bundles: false,
    });
  });
});

function withPem(pem: string): string {
  return policyText([{ id: key.id, public_key: pem }]);
}

function pemOf({ publicKey }: { readonly publicKey: SigningKey['publicKey'] }): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

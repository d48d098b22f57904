/** Everything that a signature can be and must not be: each with its own code, exit code 3, and never a word of trust. */
import { describe, expect, it } from 'vitest';
import { TrustFailure, type TrustCode } from '../../../src/trust/error.ts';
import { MAX_ENVELOPE_BYTES, MAX_RESOURCES } from '../../../src/trust/limits.ts';
import { matchResources } from '../../../src/trust/match-resources.ts';
import { verifySignature } from '../../../src/trust/signature-verify.ts';
import {
  FILES,
  forgeSignature,
  RESOURCES,
  sha256,
  testKey,
  type Forgery,
  type Loose,
} from './forge-signature.ts';

const key = testKey();
const stranger = testKey();
const larger = testKey('secp384r1');

/** What must be refused, whatever else is right with it. `files`: what came, where that is not what was signed. */
type Case = readonly [
  title: string,
  code: TrustCode,
  forgery: Omit<Forgery, 'key'> & Partial<Pick<Forgery, 'key'>>,
  files?: ReadonlyMap<string, string>,
];

const envelope = (change: (bundle: Loose) => void): Pick<Forgery, 'envelope'> => ({
  envelope: (bundle) => {
    change(bundle);
    return bundle;
  },
});
const statement = (change: (value: Loose) => void): Pick<Forgery, 'statement'> => ({
  statement: (value) => {
    change(value);
    return value;
  },
});
const files = (change: (map: Map<string, string>) => void): ReadonlyMap<string, string> => {
  const map = new Map(FILES);
  change(map);
  return map;
};
const named = (...names: readonly string[]): Pick<Forgery, 'resources'> => ({
  resources: names.map((name) => ({ name, sha256: sha256(name) })),
});

const CASES: readonly Case[] = [
  // The envelope.
  ['is empty', 'TRUST_ENVELOPE_INVALID', { text: () => '' }],
  ['is no JSON', 'TRUST_ENVELOPE_INVALID', { text: (text) => text.slice(0, -1) }],
  ['is a list', 'TRUST_ENVELOPE_INVALID', { text: (text) => `[${text}]` }],
  ['goes on after its end', 'TRUST_ENVELOPE_INVALID', { text: (text) => `${text}{}` }],
  ['is larger than any', 'TRUST_ENVELOPE_LIMIT', { text: (text) => text + ' '.repeat(MAX_ENVELOPE_BYTES) }],
  [
    'is nested deeper than any',
    'TRUST_ENVELOPE_LIMIT',
    { text: (text) => text.replace('"tlogEntries":[]', `"tlogEntries":${'['.repeat(40)}${']'.repeat(40)}`) },
  ],
  [
    'has a key twice',
    'TRUST_JSON_AMBIGUOUS',
    { text: (text) => text.replace('{"mediaType"', '{"mediaType":"x","mediaType"') },
  ],
  [
    'has __proto__',
    'TRUST_JSON_AMBIGUOUS',
    { text: (text) => text.replace('{"mediaType"', '{"__proto__":{},"mediaType"') },
  ],
  [
    'has a number past 2^53',
    'TRUST_JSON_AMBIGUOUS',
    { text: (text) => text.replace('"tlogEntries":[]', '"tlogEntries":[9007199254740993]') },
  ],
  [
    'is of another media type',
    'TRUST_MEDIA_TYPE_UNKNOWN',
    envelope((one) => (one.mediaType += ';version=0.4')),
  ],
  ['has no media type', 'TRUST_ENVELOPE_INVALID', envelope((one) => delete one.mediaType)],
  ['has a field that nobody knows', 'TRUST_ENVELOPE_INVALID', envelope((one) => (one.trusted = true))],
  [
    'holds a message and no envelope',
    'TRUST_ENVELOPE_INVALID',
    envelope((one) => {
      one.messageSignature = one.dsseEnvelope;
      delete one.dsseEnvelope;
    }),
  ],
  [
    'was made with a certificate',
    'TRUST_METHOD_UNSUPPORTED',
    envelope((one) => (one.verificationMaterial = { certificate: { rawBytes: 'AA==' }, tlogEntries: [] })),
  ],
  [
    'was made with a chain of certificates beside the key',
    'TRUST_METHOD_UNSUPPORTED',
    envelope((one) => (one.verificationMaterial.x509CertificateChain = { certificates: [] })),
  ],
  ['names no method at all', 'TRUST_ENVELOPE_INVALID', envelope((one) => (one.verificationMaterial = {}))],
  [
    'brings entries of a log',
    'TRUST_ENVELOPE_INVALID',
    envelope((one) => one.verificationMaterial.tlogEntries.push({ logIndex: '1' })),
  ],
  [
    'has another payload type',
    'TRUST_PAYLOAD_TYPE_UNKNOWN',
    envelope((one) => (one.dsseEnvelope.payloadType = 'text/plain')),
  ],
  ['bears no signature', 'TRUST_SIGNATURE_COUNT', envelope((one) => (one.dsseEnvelope.signatures = []))],
  [
    'bears a good signature and a second one',
    'TRUST_SIGNATURE_COUNT',
    envelope((one) => one.dsseEnvelope.signatures.push(one.dsseEnvelope.signatures[0])),
  ],
  [
    'has a field in its signature that nobody knows',
    'TRUST_ENVELOPE_INVALID',
    envelope((one) => (one.dsseEnvelope.signatures[0].cert = 'AA==')),
  ],
  [
    'has base64 with a newline',
    'TRUST_BASE64_NOT_CANONICAL',
    envelope((one) => (one.dsseEnvelope.payload += '\n')),
  ],
  [
    'has base64 of the alphabet for addresses',
    'TRUST_BASE64_NOT_CANONICAL',
    envelope((one) => (one.dsseEnvelope.signatures[0].sig = '_-_-')),
  ],
  [
    'has base64 without its padding',
    'TRUST_BASE64_NOT_CANONICAL',
    {
      payload: (text) => `${text}${' '.repeat(3 - (text.length % 3))} `,
      ...envelope((one) => (one.dsseEnvelope.payload = one.dsseEnvelope.payload.replace(/=+$/, ''))),
    },
  ],
  [
    'has base64 with bits left over',
    'TRUST_BASE64_NOT_CANONICAL',
    envelope((one) => (one.dsseEnvelope.signatures[0].sig = 'AB==')),
  ],
  ['has an empty payload', 'TRUST_BASE64_NOT_CANONICAL', envelope((one) => (one.dsseEnvelope.payload = ''))],

  // The key, and the signature itself.
  ['was made with another key, and says so', 'TRUST_KEY_UNKNOWN', { key: stranger }],
  [
    'was made with another key, and claims the trusted one',
    'TRUST_SIGNATURE_INVALID',
    {
      key: stranger,
      ...envelope((one) => (one.verificationMaterial.publicKey.hint = sha256(key.publicPem))),
    },
  ],
  [
    'brings its own key along',
    'TRUST_SIGNATURE_INVALID',
    {
      key: stranger,
      ...envelope(
        (one) =>
          (one.verificationMaterial.publicKey = {
            rawBytes: Buffer.from(stranger.publicPem).toString('base64'),
            keyDetails: 'PKIX_ECDSA_P256_SHA_256',
          }),
      ),
    },
  ],
  ['was made with another hash than the curve fixes', 'TRUST_SIGNATURE_INVALID', { hash: 'sha384' }],
  [
    'was made with a larger key and the hash of the smaller',
    'TRUST_SIGNATURE_INVALID',
    { key: larger, hash: 'sha256' },
  ],
  [
    'is no signature',
    'TRUST_SIGNATURE_INVALID',
    envelope((one) => (one.dsseEnvelope.signatures[0].sig = 'AAAA')),
  ],
  [
    'has a bit flipped',
    'TRUST_SIGNATURE_INVALID',
    envelope((one) => {
      const sig = Buffer.from(one.dsseEnvelope.signatures[0].sig, 'base64');
      sig[20] = (sig[20] ?? 0) ^ 1;
      one.dsseEnvelope.signatures[0].sig = sig.toString('base64');
    }),
  ],
  [
    'goes on after its end',
    'TRUST_SIGNATURE_INVALID',
    envelope((one) => {
      const sig = Buffer.from(one.dsseEnvelope.signatures[0].sig, 'base64');
      one.dsseEnvelope.signatures[0].sig = Buffer.concat([sig, Buffer.of(0)]).toString('base64');
    }),
  ],
  [
    'is over a payload that was changed by one space',
    'TRUST_SIGNATURE_INVALID',
    envelope((one) => {
      const text = Buffer.from(one.dsseEnvelope.payload, 'base64').toString();
      one.dsseEnvelope.payload = Buffer.from(`${text} `).toString('base64');
    }),
  ],
  ['is over the bare payload', 'TRUST_SIGNATURE_INVALID', { encode: (payload) => payload }],
  [
    'is over a payload that is no JSON, and does not hold: nothing was parsed first',
    'TRUST_SIGNATURE_INVALID',
    {
      key: stranger,
      payload: () => '{',
      ...envelope((one) => (one.verificationMaterial.publicKey = { hint: '' })),
    },
  ],
  [
    'is in the encoding of model-signing v0.2.0',
    'TRUST_ENCODING_HISTORIC',
    {
      encode: (payload) =>
        Buffer.from(
          `DSSEV1 28 application/vnd.in-toto+json ${payload.length} b'${Buffer.from(payload).toString().replaceAll('\n', '\\n')}'`,
        ),
    },
  ],

  // The statement, under a signature that holds.
  ['is over a statement that is no JSON', 'TRUST_STATEMENT_INVALID', { payload: (text) => text.slice(1) }],
  [
    'is over a statement with a key twice',
    'TRUST_JSON_AMBIGUOUS',
    { payload: (text) => text.replace('{', '{"_type": "x",') },
  ],
  [
    'is over a statement with __proto__',
    'TRUST_JSON_AMBIGUOUS',
    { payload: (text) => text.replace('{', '{"__proto__": [],') },
  ],
  ['is over bytes that are no text', 'TRUST_STATEMENT_INVALID', { payload: () => Buffer.of(0xff, 0xfe) }],
  [
    'is over another kind of statement',
    'TRUST_PREDICATE_TYPE_UNKNOWN',
    statement((one) => (one._type = 'https://in-toto.io/Statement/v0.1')),
  ],
  [
    'is over provenance',
    'TRUST_PREDICATE_TYPE_UNKNOWN',
    statement((one) => (one.predicateType = 'https://slsa.dev/provenance/v1')),
  ],
  [
    'is over what model-signing v0.2.0 wrote',
    'TRUST_ENCODING_HISTORIC',
    statement((one) => {
      one.predicateType = 'https://model_signing/Digests/v0.1';
      one.subject = RESOURCES.map(({ name, sha256 }) => ({ name, digest: { sha256 } }));
      one.predicate = { unused: 'Unused' };
    }),
  ],
  [
    'is over a statement with a field of its own',
    'TRUST_STATEMENT_INVALID',
    statement((one) => (one.also = 1)),
  ],
  ['is over no subject', 'TRUST_STATEMENT_INVALID', statement((one) => (one.subject = []))],
  ['is over two subjects', 'TRUST_STATEMENT_INVALID', statement((one) => one.subject.push(one.subject[0]))],
  [
    'is over a subject without a name',
    'TRUST_STATEMENT_INVALID',
    statement((one) => (one.subject[0].name = '')),
  ],
  [
    'has another subject than its files',
    'TRUST_SUBJECT_MISMATCH',
    statement((one) => (one.subject[0].digest.sha256 = 'a'.repeat(64))),
  ],
  [
    'has a subject with a second digest',
    'TRUST_STATEMENT_INVALID',
    statement((one) => (one.subject[0].digest.sha512 = 'a'.repeat(128))),
  ],
  [
    'lists shards',
    'TRUST_SERIALIZATION_UNSUPPORTED',
    statement((one) => (one.predicate.serialization.method = 'shards')),
  ],
  [
    'lists with BLAKE3',
    'TRUST_SERIALIZATION_UNSUPPORTED',
    statement((one) => (one.predicate.serialization.hash_type = 'blake3')),
  ],
  [
    'follows symbolic links',
    'TRUST_SERIALIZATION_UNSUPPORTED',
    statement((one) => (one.predicate.serialization.allow_symlinks = true)),
  ],
  [
    'does not say whether it follows symbolic links',
    'TRUST_SERIALIZATION_UNSUPPORTED',
    statement((one) => delete one.predicate.serialization.allow_symlinks),
  ],
  ['lists no file', 'TRUST_STATEMENT_INVALID', { resources: [] }],
  [
    'lists more files than any bundle has',
    'TRUST_STATEMENT_INVALID',
    named(...Array.from({ length: MAX_RESOURCES + 1 }, (_, no) => `f${String(no).padStart(6, '0')}`)),
  ],
  [
    'lists a file with another hash',
    'TRUST_STATEMENT_INVALID',
    statement((one) => (one.predicate.resources[0].algorithm = 'sha512')),
  ],
  [
    'lists a digest in capitals',
    'TRUST_STATEMENT_INVALID',
    statement((one) => (one.predicate.resources[0].digest = one.predicate.resources[0].digest.toUpperCase())),
  ],
  ['lists a file twice', 'TRUST_RESOURCES_UNSORTED', named('a', 'b', 'b')],
  ['lists files in another order', 'TRUST_RESOURCES_UNSORTED', named('b', 'a')],
  ['lists files in the order of UTF-16', 'TRUST_RESOURCES_UNSORTED', named('\u{1F600}', '\uFB00')],
  ['lists a name that climbs out', 'TRUST_RESOURCE_NAME_INVALID', named('../a')],
  ['lists an absolute name', 'TRUST_RESOURCE_NAME_INVALID', named('/etc/passwd')],
  ['lists a name with a part that means nothing', 'TRUST_RESOURCE_NAME_INVALID', named('model/./a')],
  ['lists a name with two slashes', 'TRUST_RESOURCE_NAME_INVALID', named('model//a')],
  ['lists a name with a backslash', 'TRUST_RESOURCE_NAME_INVALID', named('model\\a')],
  ['lists a name with a control character', 'TRUST_RESOURCE_NAME_INVALID', named('model/a\u0007')],
  ['lists a folder as itself beside files', 'TRUST_RESOURCE_NAME_INVALID', named('.', 'a')],

  // The files.
  ['covers a file that did not come', 'TRUST_RESOURCE_MISSING', {}, files((map) => map.delete('edge.json'))],
  [
    'does not cover a file that came',
    'TRUST_FILE_UNSIGNED',
    {},
    files((map) => map.set('model/b.gguf', 'b'.repeat(64))),
  ],
  [
    'covers a file that came changed',
    'TRUST_DIGEST_MISMATCH',
    {},
    files((map) => map.set('model/a.gguf', 'b'.repeat(64))),
  ],
  [
    'covers files that came under each other’s names (mix and match)',
    'TRUST_DIGEST_MISMATCH',
    {},
    files((map) =>
      map
        .set('edge.json', FILES.get('manifest.json') ?? '')
        .set('manifest.json', FILES.get('edge.json') ?? ''),
    ),
  ],
  [
    'excuses a file by ignore_paths',
    'TRUST_FILE_UNSIGNED',
    statement((one) => (one.predicate.serialization.ignore_paths = ['model/b.gguf', '.git'])),
    files((map) => map.set('model/b.gguf', 'b'.repeat(64))),
  ],
  ['is of another bundle', 'TRUST_FILE_UNSIGNED', named('model/x.gguf')],
];

describe('a signature', () => {
  it.each(CASES.map(([title, code, forgery, came = FILES]) => ({ title, code, forgery, came })))(
    'that $title is refused as $code',
    ({ code, forgery, came }) => {
      const bytes = forgeSignature({ key, ...forgery });
      const error = refusalOf(() =>
        matchResources(verifySignature(bytes, { keys: [key.trusted, larger.trusted] }), came),
      );
      expect(error).toMatchObject({ code, exitCode: 3 });
      expect(JSON.stringify(error.toReport())).not.toMatch(/verified/i);
    },
  );

  it('that is sound is not refused by the same means', () => {
    const bytes = forgeSignature({ key });
    expect(() => matchResources(verifySignature(bytes, { keys: [key.trusted] }), FILES)).not.toThrow();
  });
});

function refusalOf(work: () => unknown): TrustFailure {
  try {
    work();
  } catch (error) {
    if (error instanceof TrustFailure) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

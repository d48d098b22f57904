/** Everything that a policy refuses: each with its own code and exit code 3, before or after staging, and the target as it was. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectBundle, openArtifact, type CreatedBundle } from '../../src/bundle/index.ts';
import type { JsonObject, ProgressEvent } from '../../src/core/index.ts';
import {
  acceptPolicy,
  appendJournal,
  assertDeployable,
  DEFAULT_DEPLOY_OPTIONS,
  repairTarget,
  resolveTarget,
  resumeTarget,
  type DeployContext,
  type DeployOptions,
  type ReleaseOrigin,
  type TargetLayout,
} from '../../src/deploy/index.ts';
import { fixedClock, withFileSource } from '../../src/system/index.ts';
import { generateKeyPair, type SigningKey } from '../../src/trust/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { toJournalLine } from '../fakes/journal.ts';
import { policyKey, policyText, signedBundle, type SignedOptions } from '../fakes/policy.ts';
import { pythonFiles, rawBundle, toEntries } from '../unit/bundle/bundle-fixtures.ts';
import { forgeBundle, type Forgery } from '../unit/bundle/forge-bundle.ts';

const ANY = { allow: { downgrade: true, skip_load_test: true, unsafe_files: true } };

let bench: DeployBench;
let owner: SigningKey;
let stranger: SigningKey;
/** Release 5 of the line "tiny", and release 7. */
let five: CreatedBundle;
let seven: CreatedBundle;
let lastPlace = 0;

beforeAll(async () => {
  bench = await openDeployBench();
  owner = await generateKeyPair();
  stranger = await generateKeyPair({ curve: 'P-384' });
  five = await signed('v5', { release: { counter: 5 } });
  seven = await signed('v7', { release: { counter: 7 } });
});

afterAll(() => bench.remove());

function signed(version: string, options: SignedOptions = {}): Promise<CreatedBundle> {
  return signedBundle(bench, version, { key: owner, ...options });
}

/** What the owner of the device says, unless a case is about it. */
const require = (rest: JsonObject = {}): string => policyText([policyKey(owner)], rest);

/** A target of its own, where a policy lies. */
interface Place {
  readonly layout: TargetLayout;
  readonly policyFile: string;
  context(rest?: Partial<DeployContext>): Promise<DeployContext>;
  policy(text: string): Promise<void>;
  deploy(
    origin: ReleaseOrigin | string,
    options?: Partial<DeployOptions>,
    rest?: Partial<DeployContext>,
  ): ReturnType<DeployBench['deploy']>;
}

async function newPlace(
  policy: string | null = require(),
  live: CreatedBundle | null = null,
): Promise<Place> {
  lastPlace += 1;
  const target = join(bench.folder, `srv-${lastPlace}`, 'llm');
  await mkdir(dirname(target));
  const layout = await resolveTarget(target, bench.state);
  await mkdir(layout.controlDir, { recursive: true });
  const place: Place = {
    layout,
    policyFile: join(layout.controlDir, 'policy.json'),
    context: (rest = {}) => bench.context({ layout, ...rest }),
    policy: (text) => writeFile(place.policyFile, text),
    deploy: (origin, options = {}, rest = {}) => bench.deploy(origin, options, { layout, ...rest }),
  };
  if (policy !== null) await place.policy(policy);
  if (live !== null) await place.deploy(live.path);
  return place;
}

/** Runs it and asserts that nothing of the target changed but that the journal may have grown. */
async function refusalOf(place: Place, run: () => Promise<unknown>): Promise<unknown> {
  const { parentDir, targetPath, journalFile } = place.layout;
  const before = await readTree(parentDir);
  const link = await readlink(targetPath).catch(() => null);
  const error: unknown = await run().then(
    () => 'it went live',
    (thrown: unknown) => thrown,
  );
  const grows = ['lock', journalFile.slice(parentDir.length + 1)];
  const rest = (tree: ReadonlyMap<string, string>): readonly unknown[] =>
    [...tree].filter(([name]) => !grows.some((one) => name.endsWith(one)) && !name.endsWith('/releases'));
  expect(rest(await readTree(parentDir))).toEqual(rest(before));
  expect(await readlink(targetPath).catch(() => null)).toBe(link);
  return error;
}

interface Case {
  readonly policy?: () => string | null;
  /** What is live before, under the same policy; null for nothing. */
  readonly live?: () => CreatedBundle | null;
  /** Between that and the deployment. */
  readonly meanwhile?: (place: Place) => Promise<unknown>;
  readonly bundle: () => ReleaseOrigin | string | Promise<ReleaseOrigin | string>;
  readonly options?: Partial<DeployOptions>;
  readonly context?: Partial<DeployContext>;
  readonly code: string;
  readonly exitCode?: number;
}

const SIGNERS: Readonly<Record<string, Case>> = {
  'a bundle without a signature': {
    bundle: async () => (await bench.bundle('plain')).path,
    code: 'TRUST_SIGNATURE_MISSING',
  },
  'a model of this machine, which nobody signed': {
    bundle: async () => ({
      kind: 'artifact',
      input: await bench.input(await bench.model('own.gguf'), 'own'),
    }),
    code: 'TRUST_SIGNATURE_MISSING',
  },
  'a signature that was taken off': {
    bundle: () => forged(five, { files: (files) => files.delete('model.sig') }),
    code: 'TRUST_SIGNATURE_MISSING',
  },
  'the signature of a stranger': {
    bundle: async () => (await signed('v9', { key: stranger, release: { counter: 9 } })).path,
    code: 'TRUST_KEY_UNKNOWN',
  },
  'the signature of a key that the policy no longer lists': {
    policy: () => policyText([policyKey(stranger)]),
    bundle: () => five.path,
    code: 'TRUST_KEY_UNKNOWN',
  },
  'the signature of a revoked key': {
    policy: () => policyText([policyKey(owner, { revoked: 'lost with a laptop' }), policyKey(stranger)]),
    bundle: () => five.path,
    code: 'TRUST_KEY_REVOKED',
  },
  'a revoked key that signs something new': {
    live: () => five,
    meanwhile: (place) => replacePolicy(place, policyText([policyKey(owner, { revoked: 'lost' })])),
    bundle: () => seven.path,
    code: 'TRUST_KEY_REVOKED',
  },
  'a line that the key may not sign': {
    policy: () => policyText([policyKey(owner, { lines: ['other', 'Tiny'] })]),
    bundle: () => five.path,
    code: 'TRUST_KEY_LINE',
  },
  'a counter below the first one of the key': {
    policy: () => policyText([policyKey(owner, { min_counter: 6 })]),
    bundle: () => five.path,
    code: 'TRUST_KEY_COUNTER',
  },
  'a counter after the key was rotated out': {
    policy: () => policyText([policyKey(owner, { max_counter: 6 }), policyKey(stranger, { min_counter: 7 })]),
    bundle: () => seven.path,
    code: 'TRUST_KEY_COUNTER',
  },
};

const CONTENTS: Readonly<Record<string, Case>> = {
  'the signature of another bundle (mix and match)': {
    bundle: async () => {
      const signature = await signatureOf(seven);
      return forged(five, { files: (files) => files.set('model.sig', signature) });
    },
    code: 'TRUST_DIGEST_MISMATCH',
  },
  'a counter that was raised after signing': {
    bundle: () =>
      forged(five, {
        edit: { 'edge.json': (edge) => (edge['release'] = { line: 'tiny', counter: 99, expires: null }) },
      }),
    code: 'TRUST_DIGEST_MISMATCH',
  },
  'a benchmark that was changed after signing': {
    bundle: () =>
      forged(five, {
        edit: {
          'registry_entry.json': (entry) => (entry['base_model'] = 'other'),
          'manifest.json': (manifest) =>
            (manifest['registry_entry'] = {
              ...(manifest['registry_entry'] as JsonObject),
              base_model: 'other',
            }),
        },
      }),
    code: 'TRUST_DIGEST_MISMATCH',
  },
  'a signature with one changed character': {
    bundle: async () => {
      const text = new TextDecoder().decode(await signatureOf(five));
      const at = text.indexOf('"payload":"') + 40;
      const other = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
      return forged(five, { files: (files) => files.set('model.sig', Buffer.from(other)) });
    },
    code: 'TRUST_SIGNATURE_INVALID',
  },
  'a signature that is no signature': {
    bundle: () => forged(five, { files: (files) => files.set('model.sig', Buffer.from('signed, really\n')) }),
    code: 'TRUST_ENVELOPE_INVALID',
  },
  'weights that are not the signed ones': {
    bundle: () =>
      forged(five, {
        payload: (payload) => {
          payload[payload.length - 4096] = (payload[payload.length - 4096] ?? 0) ^ 1;
          return payload;
        },
      }),
    code: 'BUNDLE_DIGEST_MISMATCH',
  },
};

const COUNTERS: Readonly<Record<string, Case>> = {
  'a bundle that does not say which release it is': {
    bundle: async () => (await signed('v0', { release: null })).path,
    code: 'TRUST_RELEASE_UNSTATED',
  },
  'an older release (downgrade)': { live: () => seven, bundle: () => five.path, code: 'TRUST_DOWNGRADE' },
  'an older release with a reason, where the policy takes none': {
    live: () => seven,
    bundle: () => five.path,
    options: { allowDowngrade: 'v7 answers in riddles' },
    code: 'TRUST_NOT_ALLOWED',
  },
  'another content under the counter that is live': {
    live: () => seven,
    bundle: async () => (await signed('v7', { release: { counter: 7 }, seed: 70 })).path,
    code: 'TRUST_COUNTER_REUSED',
  },
  'the same, with a reason, where the policy takes reasons': {
    policy: () => require(ANY),
    live: () => seven,
    bundle: async () => (await signed('v7b', { release: { counter: 7 }, seed: 71 })).path,
    options: { allowDowngrade: 'they said that it is the same' },
    code: 'TRUST_COUNTER_REUSED',
  },
  'another content under a counter that was live before': {
    policy: () => require(ANY),
    live: () => five,
    meanwhile: (place) => place.deploy(seven.path),
    bundle: async () => (await signed('v5b', { release: { counter: 5 }, seed: 50 })).path,
    options: { allowDowngrade: 'v7 answers in riddles' },
    code: 'TRUST_COUNTER_REUSED',
  },
  'an older release after a rollback, which forgets no counter': {
    live: () => five,
    meanwhile: async (place) => {
      await place.deploy(seven.path);
      await bench.rollBack({}, { layout: place.layout });
    },
    bundle: async () => (await signed('v6', { release: { counter: 6 } })).path,
    code: 'TRUST_DOWNGRADE',
  },
  'an older release after a deployment that was undone': {
    live: () => five,
    meanwhile: async (place) => {
      const service = {
        ...DEFAULT_DEPLOY_OPTIONS.service,
        restartCommand: 'false',
        commandTimeoutMs: 20_000,
      };
      await place.deploy(seven.path, { service }).catch(() => undefined);
    },
    bundle: async () => (await signed('v6', { release: { counter: 6 } })).path,
    code: 'TRUST_DOWNGRADE',
  },
  'a release that has expired (freeze)': {
    policy: () => require({ clock: 'trusted' }),
    bundle: async () =>
      (await signed('v8', { release: { counter: 8, expires: '2026-01-01T00:00:00Z' } })).path,
    context: { clock: fixedClock(new Date('2026-01-01T00:00:00Z')) },
    code: 'TRUST_EXPIRED',
  },
};

const RULES: Readonly<Record<string, Case>> = {
  'a bundle of the Python tool': {
    policy: () => policyText([], { signatures: 'off' }),
    bundle: () => write('python.tar.gz', rawBundle(toEntries(pythonFiles()))),
    code: 'TRUST_PYTHON_BUNDLE',
  },
  'a model that is too large': {
    policy: () => require({ max_size_bytes: 1000 }),
    bundle: () => five.path,
    code: 'TRUST_SIZE',
  },
  'another architecture': {
    policy: () => require({ architectures: ['qwen2', 'LLAMA'] }),
    bundle: () => five.path,
    code: 'TRUST_ARCHITECTURE',
  },
  'a bundle that lies about the architecture': {
    policy: () => policyText([], { signatures: 'off', architectures: ['qwen2'] }),
    bundle: () =>
      forged(five, {
        edit: {
          'edge.json': (edge) =>
            (edge['artifact'] = { ...(edge['artifact'] as JsonObject), architecture: 'qwen2' }),
        },
      }),
    code: 'TRUST_ARCHITECTURE',
  },
  'another type of artifact': {
    policy: () => require({ artifact_types: ['hf-distilled'] }),
    bundle: () => five.path,
    code: 'TRUST_ARTIFACT_TYPE',
  },
  'a model that nobody measured': {
    policy: () => require({ evidence: 'measured' }),
    bundle: () => five.path,
    code: 'TRUST_EVIDENCE',
  },
  '--skip-load-test': { bundle: () => five.path, options: { skipLoadTest: true }, code: 'TRUST_NOT_ALLOWED' },
  '--skip-load-test where only signatures are off': {
    policy: () => policyText([], { signatures: 'off' }),
    bundle: () => five.path,
    options: { skipLoadTest: true },
    code: 'TRUST_NOT_ALLOWED',
  },
  '--allow-unsafe-files': {
    bundle: () => unsafeDirectory(),
    options: { allowUnsafeFiles: true },
    code: 'TRUST_NOT_ALLOWED',
  },
  '--skip-checksum': {
    bundle: () => five.path,
    options: { skipChecksum: true },
    code: 'TRUST_SKIP_CHECKSUM',
    exitCode: 2,
  },
};

const FILES: Readonly<Record<string, Case>> = {
  'a policy that was removed': {
    live: () => five,
    meanwhile: (place) => rm(place.policyFile),
    bundle: () => seven.path,
    code: 'TRUST_POLICY_MISSING',
  },
  'a policy that was removed, and a bundle that nobody signed': {
    live: () => five,
    meanwhile: (place) => rm(place.policyFile),
    bundle: async () => (await bench.bundle('plain')).path,
    code: 'TRUST_POLICY_MISSING',
  },
  'a policy that was relaxed': {
    live: () => five,
    meanwhile: (place) => place.policy(require(ANY)),
    bundle: () => seven.path,
    code: 'TRUST_POLICY_MISSING',
  },
  'a policy that differs by one space': {
    live: () => five,
    meanwhile: (place) => place.policy(`${require()} `),
    bundle: () => seven.path,
    code: 'TRUST_POLICY_MISSING',
  },
  'a removed policy, with another one in the state directory': {
    live: () => five,
    meanwhile: async (place) => {
      await rm(place.policyFile);
      await write('state/policy.json', policyText([policyKey(stranger)], ANY));
    },
    bundle: () => seven.path,
    code: 'TRUST_POLICY_MISSING',
  },
  'a policy that is no JSON, above one that would do': {
    meanwhile: (place) => place.policy('{'),
    bundle: () => five.path,
    code: 'TRUST_POLICY_INVALID',
  },
  'a policy with the key of another under the same id': {
    policy: () => policyText([{ ...policyKey(stranger), id: owner.id }]),
    bundle: () => five.path,
    code: 'TRUST_POLICY_INVALID',
  },
  'a policy with a key on a curve that is not taken': {
    policy: () => policyText([foreignKey(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)]),
    bundle: () => five.path,
    code: 'TRUST_POLICY_INVALID',
  },
  'a policy that everybody may write': {
    meanwhile: (place) => chmod(place.policyFile, 0o666),
    bundle: () => five.path,
    code: 'TRUST_POLICY_UNSAFE',
  },
  'a policy that is a link': {
    meanwhile: async (place) => {
      await copyFile(place.policyFile, join(bench.folder, 'elsewhere.json'));
      await rm(place.policyFile);
      await symlink(join(bench.folder, 'elsewhere.json'), place.policyFile);
    },
    bundle: () => five.path,
    code: 'TRUST_POLICY_UNSAFE',
  },
  'a policy that is a folder': {
    policy: () => null,
    meanwhile: (place) => mkdir(place.policyFile),
    bundle: () => five.path,
    code: 'TRUST_POLICY_UNSAFE',
  },
};

describe.each([
  ['a signer', SIGNERS],
  ['a content', CONTENTS],
  ['a release', COUNTERS],
  ['a rule', RULES],
  ['a policy file', FILES],
])('a policy refuses by %s:', (_, cases) => {
  it.each(Object.entries(cases))('%s', async (_title, one) => {
    const {
      policy = require,
      live = () => null,
      meanwhile,
      bundle,
      options,
      context,
      code,
      exitCode = 3,
    } = one;
    const place = await newPlace(policy(), live());
    await meanwhile?.(place);
    const origin = await bundle();
    const error = await refusalOf(place, () => place.deploy(origin, options, context));
    expect(error).toMatchObject({ code, exitCode, aftermath: 'unchanged' });
    await rm(join(bench.state.path, 'policy.json'), { force: true });
  });
});

describe('a source that answers differently the second time', () => {
  it.each<[string, () => Promise<Uint8Array>, string]>([
    ['with a release that the owner signed too', async () => padTo(five, seven), 'DEPLOY_BUNDLE_CHANGED'],
    [
      'with the same list and a signature of a stranger',
      async () => {
        const other = await signatureOf(
          await signed('v5', { release: { counter: 5 }, key: stranger, seed: 51 }),
        );
        return forge(five, { files: (files) => files.set('model.sig', other) });
      },
      'TRUST_KEY_UNKNOWN',
    ],
    [
      'with other weights',
      () =>
        forge(five, {
          payload: (payload) => {
            payload[payload.length - 4096] = (payload[payload.length - 4096] ?? 0) ^ 1;
            return payload;
          },
        }),
      'BUNDLE_DIGEST_MISMATCH',
    ],
  ])('%s is refused', async (_, second, code) => {
    const place = await newPlace();
    const path = join(bench.folder, 'fickle.tar.gz');
    await copyFile(five.path, path);
    const bytes = await second();
    const seen: string[] = [];
    const onProgress = (event: ProgressEvent): void => {
      if (event.kind !== 'step' || event.step !== 'staging') return;
      seen.push(event.step);
      // The same file, written over: the descriptor that was opened first reads what is there now.
      writeFileSync(path, bytes, { flag: 'r+' });
    };
    const error = await refusalOf(place, () => place.deploy(path, {}, { onProgress }));
    expect(seen).toEqual(['staging']);
    expect(error).toMatchObject({ code, exitCode: 3, aftermath: 'unchanged' });
  });
});

describe('the other jobs on a target', () => {
  it('refuses a rollback while the policy is gone, and under another one', async () => {
    const place = await newPlace(require(), five);
    await place.deploy(seven.path);
    const back = (): Promise<unknown> => bench.rollBack({}, { layout: place.layout });
    await place.policy(require(ANY));
    expect(await refusalOf(place, back)).toMatchObject({ code: 'TRUST_POLICY_MISSING', exitCode: 3 });
    await rm(place.policyFile);
    expect(await refusalOf(place, back)).toMatchObject({ code: 'TRUST_POLICY_MISSING', exitCode: 3 });
  });

  it('refuses a rollback to what a revoked key had signed', async () => {
    const both = policyText([policyKey(owner), policyKey(stranger)]);
    const place = await newPlace(both, five);
    await place.deploy((await signed('v9', { key: stranger, release: { counter: 9 } })).path);
    await replacePolicy(place, policyText([policyKey(owner, { revoked: 'stolen' }), policyKey(stranger)]));
    const error = await refusalOf(place, () => bench.rollBack({}, { layout: place.layout }));
    expect(error).toMatchObject({ code: 'TRUST_KEY_REVOKED', exitCode: 3, aftermath: 'unchanged' });
  });

  it('refuses a repair while the policy is gone', async () => {
    const place = await newPlace(require(), five);
    await rm(place.policyFile);
    const options = {
      which: 'live',
      fromBundle: null,
      dryRun: false,
      skipLoadTest: false,
      loadTestTokens: 4,
      allowNetworkFs: false,
      service: null,
    } as const;
    const error = await refusalOf(place, async () => repairTarget(options, await place.context()));
    expect(error).toMatchObject({ code: 'TRUST_POLICY_MISSING', exitCode: 3 });
  });

  it('ends what a crash left under a policy that changed since, and only that', async () => {
    const place = await newPlace(require(), five);
    const lines = await readLines(place);
    const seq = lines.length + 1;
    const to = 'deploy_v7_20260101_000000_000';
    const from = String(lines.at(-1)?.['to']);
    const line = toJournalLine({ seq, transaction: to, to, from, state: 'staging', version: 'v7' });
    await appendJournal(place.layout.journalFile, line);
    await place.policy(require(ANY));
    const link = await readlink(place.layout.targetPath);
    const settled = await resumeTarget({ allowNetworkFs: false, restart: true }, await place.context());
    expect(settled).toMatchObject({ transaction: to, state: 'failed' });
    expect(await readlink(place.layout.targetPath)).toBe(link);
    const error = await refusalOf(place, () => place.deploy(seven.path));
    expect(error).toMatchObject({ code: 'TRUST_POLICY_MISSING', exitCode: 3 });
  });

  it('refuses before anything is packed', async () => {
    const place = await newPlace();
    const input = await bench.input(await bench.model('own.gguf'), 'own');
    const options = { ...DEFAULT_DEPLOY_OPTIONS, packInto: bench.state.bundlesDir };
    const error = await refusalOf(place, async () => assertDeployable(input, options, await place.context()));
    expect(error).toMatchObject({
      code: 'TRUST_SIGNATURE_MISSING',
      exitCode: 3,
      hint: expect.stringContaining('milton bundle create VERSION --sign KEY'),
    });
  });

  it('refuses in a dry run what a deployment would refuse, weights that were exchanged among it', async () => {
    const place = await newPlace();
    const plain = await bench.bundle('plain');
    const error = await refusalOf(place, () => place.deploy(plain.path, { dryRun: true }));
    expect(error).toMatchObject({ code: 'TRUST_SIGNATURE_MISSING', exitCode: 3 });
    const outcome = await place.deploy(five.path, { dryRun: true });
    expect(outcome).toMatchObject({ dryRun: true, trust: { key_id: owner.id, counter: 5 } });
  });

  it('refuses to accept a policy that is not there, or that nobody can follow', async () => {
    const place = await newPlace(require(), five);
    const accept = async (none: boolean): Promise<unknown> =>
      acceptPolicy({ none, why: null, allowNetworkFs: false }, await place.context());
    expect(await refusalOf(place, () => accept(true))).toMatchObject({ code: 'TRUST_POLICY_EXISTS' });
    await place.policy('{}');
    expect(await refusalOf(place, () => accept(false))).toMatchObject({ code: 'TRUST_POLICY_INVALID' });
    await rm(place.policyFile);
    expect(await refusalOf(place, () => accept(false))).toMatchObject({ code: 'TRUST_POLICY_MISSING' });
  });
});

async function replacePolicy(place: Place, text: string): Promise<void> {
  await place.policy(text);
  await acceptPolicy({ none: false, why: 'rotated', allowNetworkFs: false }, await place.context());
}

async function write(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(bench.folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

async function forge({ path }: CreatedBundle, forgery: Forgery): Promise<Buffer> {
  return forgeBundle(await readFile(path), forgery);
}

async function forged(bundle: CreatedBundle, forgery: Forgery): Promise<string> {
  return write('forged.tar.gz', await forge(bundle, forgery));
}

/** `model.sig` as it stands in the bundle, without its padding. */
async function signatureOf({ path }: CreatedBundle): Promise<Uint8Array> {
  const { signature } = await withFileSource(path, (source) => inspectBundle(source));
  return signature ?? new Uint8Array();
}

/** Bundles of one shape have one size. */
async function padTo(first: CreatedBundle, second: CreatedBundle): Promise<Uint8Array> {
  expect(second.sizeBytes).toBe(first.sizeBytes);
  return readFile(second.path);
}

async function readLines(place: Place): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(place.layout.journalFile, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function foreignKey(publicKey: KeyObject): JsonObject {
  return { id: owner.id, public_key: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

async function unsafeDirectory(): Promise<string> {
  const path = join(bench.folder, 'hf');
  await writeHfDirectory(path);
  const artifact = {
    ...(await openArtifact(path, { type: 'hf-distilled' })),
    unsafeFiles: [{ path: 'model/old.bin', reason: 'a pickle' }],
  };
  return (await signed('hf', { release: { counter: 20 }, input: { artifact } })).path;
}

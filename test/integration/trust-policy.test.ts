/** What a policy takes, and what the journal of a target remembers of it: on real bundles, with signatures made here. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  acceptPolicy,
  createPolicy,
  DEFAULT_DEPLOY_OPTIONS,
  readTargetTrust,
  repairTarget,
  type AcceptedPolicy,
  type JournalLine,
  type RepairOptions,
  type TargetTrust,
} from '../../src/deploy/index.ts';
import { createBundle, type CreatedBundle } from '../../src/bundle/index.ts';
import type { JsonObject } from '../../src/core/index.ts';
import { fixedClock } from '../../src/system/index.ts';
import { generateKeyPair, type SigningKey } from '../../src/trust/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { policyKey, policyText, signedBundle, type SignedOptions } from '../fakes/policy.ts';
import { pythonFiles, rawBundle, toEntries } from '../unit/bundle/bundle-fixtures.ts';

let bench: DeployBench;
let owner: SigningKey;
let next: SigningKey;

beforeAll(async () => {
  bench = await openDeployBench();
  owner = await generateKeyPair();
  next = await generateKeyPair({ curve: 'P-521' });
});

afterAll(() => bench.remove());

beforeEach(async () => {
  for (const path of ['srv', 'etc', 'state/policy.json']) {
    await rm(join(bench.folder, path), { recursive: true, force: true });
  }
  await mkdir(join(bench.folder, 'srv'));
});

const places = {
  system: () => join(bench.folder, 'etc/policy.json'),
  target: () => join(bench.folder, 'srv/.llm.milton/policy.json'),
  state: () => join(bench.folder, 'state/policy.json'),
};

async function write(place: keyof typeof places, text: string): Promise<void> {
  await mkdir(dirname(places[place]()), { recursive: true });
  await writeFile(places[place](), text);
}

const owned = (rest: JsonObject = {}): string => policyText([policyKey(owner)], rest);

async function signed(counter: number, options: SignedOptions = {}): Promise<string> {
  const { release = {}, ...rest } = options;
  const stated = release === null ? null : { counter, ...release };
  return (await signedBundle(bench, `v${counter}`, { key: owner, ...rest, release: stated })).path;
}

async function accept(none = false): Promise<AcceptedPolicy> {
  return acceptPolicy({ none, why: 'as agreed', allowNetworkFs: false }, await bench.context());
}

async function trust(): Promise<TargetTrust> {
  return readTargetTrust(await bench.context());
}

/** What the lines that activate say of trust. */
async function activations(): Promise<readonly unknown[]> {
  const lines: readonly JournalLine[] = await bench.journal();
  return lines.filter(({ state }) => state === 'activating').map(({ facts }) => facts['trust'] ?? null);
}

describe('a target without a policy', () => {
  it('takes what nobody signed, shows a signature without checking it, and remembers nothing', async () => {
    const plain = await bench.deploy((await bench.bundle('plain')).path);
    expect(plain).toMatchObject({ state: 'live', trust: null, warnings: [] });
    const shown = await bench.deploy(await signed(3));
    expect(shown.warnings.map(({ code }) => code)).toEqual(['BUNDLE_SIGNATURE_NOT_CHECKED']);
    expect(await activations()).toEqual([null, null]);
    expect(await trust()).toMatchObject({ state: 'none', found: null, failure: null });
  });
});

describe('a target with a policy', () => {
  it('takes a signed release, and writes down under which policy, by whose word and as which one', async () => {
    await write('state', owned());
    expect((await trust()).state).toBe('new');
    const outcome = await bench.deploy(await signed(5));
    const { found, state, memory } = await trust();
    expect(outcome.warnings).toEqual([]);
    expect(outcome.trust).toEqual({
      policy_sha256: found?.sha256,
      policy_path: places.state(),
      signatures: 'require',
      key_id: owner.id,
      subject_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      line: 'tiny',
      counter: 5,
      downgrade: null,
      returning: false,
    });
    expect(await activations()).toEqual([outcome.trust]);
    expect([state, memory.policySha256]).toEqual(['kept', found?.sha256]);
    expect([...(memory.counters.get('tiny')?.keys() ?? [])]).toEqual([5]);
    const text = await readFile(
      join(bench.state.historyDir, `details_${outcome.record.deployment_id}.json`),
      'utf8',
    );
    expect(JSON.parse(text)).toMatchObject({ trust: { key_id: owner.id, counter: 5 } });
  });

  it('follows the first that exists: of the machine, of the target, of the state directory', async () => {
    await write('state', owned());
    expect((await trust()).found?.place).toBe('state');
    await write('target', policyText([policyKey(next)]));
    expect((await trust()).found?.place).toBe('target');
    await write('system', owned({ evidence: 'measured' }));
    expect((await trust()).found).toMatchObject({ place: 'system', policy: { evidence: 'measured' } });
    await expect(bench.deploy(await signed(1))).rejects.toMatchObject({ code: 'TRUST_EVIDENCE' });
  });

  it('takes the very release of a counter again, the next one, and one of another line', async () => {
    await write('state', owned());
    await bench.deploy(await signed(5));
    const six = await signed(6);
    await bench.deploy(six);
    await bench.rollBack();
    expect(await bench.deploy(six)).toMatchObject({ state: 'live', alreadyLive: false });
    expect(await bench.deploy(six)).toMatchObject({ state: 'live', alreadyLive: true });
    await bench.deploy(await signed(7));
    await bench.deploy(await signed(1, { release: { line: 'other' } }));
    const { memory } = await trust();
    expect([...memory.counters].map(([line, taken]) => [line, [...taken.keys()]])).toEqual([
      ['tiny', [5, 6, 7]],
      ['other', [1]],
    ]);
  });

  it('has what is live vouched for where the same weights come again, signed, and writes none of them', async () => {
    const model = await bench.model('same.gguf');
    const input = { ...(await bench.input(model, 'v1')), outDir: bench.state.bundlesDir };
    const pack = (counter: number, rest: object): Promise<CreatedBundle> =>
      createBundle({ ...input, release: { line: 'tiny', counter, expires: null }, ...rest });
    const plain = await bench.deploy((await pack(1, {})).path);
    await write('state', owned());
    const one = (await pack(1, { sign: owner })).path;
    const vouched = await bench.deploy(one);
    expect(vouched).toMatchObject({ state: 'live', alreadyLive: false, trust: { counter: 1 } });
    const weights = (releasePath: string | null): Promise<number> =>
      stat(join(releasePath ?? '', 'model/same.gguf')).then(({ ino }) => ino);
    expect(await weights(vouched.releasePath)).toBe(await weights(plain.releasePath));
    expect(await bench.deploy(one)).toMatchObject({ state: 'live', alreadyLive: true });
    expect(await bench.deploy((await pack(2, { sign: owner })).path)).toMatchObject({ alreadyLive: false });
    await expect(bench.deploy(one)).rejects.toMatchObject({ code: 'TRUST_DOWNGRADE' });
  });

  it('takes an older release for a reason where the policy lets it, and remembers the higher one', async () => {
    await write('state', owned({ allow: { downgrade: true } }));
    await bench.deploy(await signed(9));
    const options = { allowDowngrade: 'v9 answers\u0007 in riddles' };
    const outcome = await bench.deploy(await signed(8), options);
    expect(outcome.trust).toMatchObject({
      counter: 8,
      downgrade: { from: 9, reason: 'v9 answers\\x07 in riddles' },
    });
    await expect(bench.deploy(await signed(7))).rejects.toMatchObject({ code: 'TRUST_DOWNGRADE' });
  });

  it('goes back to a release that was here, whatever its counter, and says so in the journal', async () => {
    await write('state', owned());
    await bench.deploy(await signed(5));
    await bench.deploy(await signed(6));
    const back = await bench.rollBack();
    expect(back.warnings).toEqual([]);
    expect((await activations()).at(-1)).toMatchObject({ key_id: owner.id, counter: 5, returning: true });
    await expect(bench.deploy(await signed(5, { seed: 500 }))).rejects.toMatchObject({
      code: 'TRUST_COUNTER_REUSED',
    });
  });

  it('goes back to what nobody signed, with a warning, since it was here before the policy', async () => {
    await bench.deploy((await bench.bundle('plain')).path);
    await write('state', owned());
    await bench.deploy(await signed(5));
    const back = await bench.rollBack();
    expect(back.warnings.map(({ code }) => code)).toEqual(['TRUST_RETURN_UNSIGNED']);
    expect((await activations()).at(-1)).toMatchObject({ key_id: null, returning: true });
  });

  it('goes back to what a key signed that is no longer listed, with a warning', async () => {
    await write('state', policyText([policyKey(owner), policyKey(next)]));
    await bench.deploy(await signed(5, { key: next }));
    await bench.deploy(await signed(6));
    await write('state', owned());
    await accept();
    const back = await bench.rollBack();
    expect(back.warnings.map(({ code }) => code)).toEqual(['TRUST_RETURN_UNSIGNED']);
    expect(back.warnings[0]?.message).toContain(next.id.slice(0, 12));
  });

  it('lets time pass where the clock is not trusted, and says that it has', async () => {
    await write('state', owned());
    const clock = fixedClock(new Date('2026-06-01T00:00:00Z'));
    const old = await signed(2, { release: { expires: '2026-05-31T23:59:59Z' } });
    const outcome = await bench.deploy(old, {}, { clock });
    expect(outcome.warnings.map(({ code }) => code)).toEqual(['TRUST_EXPIRY_NOT_JUDGED']);
    await write('target', owned({ clock: 'trusted' }));
    await accept();
    const young = await signed(3, { release: { expires: '2026-06-01T00:00:01Z' } });
    expect((await bench.deploy(young, {}, { clock })).warnings).toEqual([]);
  });

  it('only warns where it is told to warn, and counts nothing that nobody vouches for', async () => {
    await write('state', owned({ signatures: 'warn' }));
    const plain = await bench.deploy((await bench.bundle('plain')).path);
    expect(plain.trust).toMatchObject({ signatures: 'warn', key_id: null });
    expect(plain.warnings.map(({ code }) => code)).toEqual(['TRUST_WOULD_REFUSE']);
    const foreign = await bench.deploy(await signed(99, { key: next }));
    expect(foreign.warnings[0]?.message).toContain('TRUST_KEY_UNKNOWN');
    const own = await bench.deploy(await signed(4));
    expect(own.warnings).toEqual([]);
    expect([...((await trust()).memory.counters.get('tiny')?.keys() ?? [])]).toEqual([4]);
  });

  it('takes bundles of the Python tool where it says so, by what the model itself is', async () => {
    const files = pythonFiles({ 'model/m.gguf': await readFile(await bench.model('m.gguf')) });
    const path = join(bench.folder, 'python.tar.gz');
    await writeFile(path, rawBundle(toEntries(files)));
    const rest = { signatures: 'off', allow: { python_bundles: true } };
    await write('state', policyText([], { ...rest, architectures: ['llama'] }));
    expect(await bench.deploy(path)).toMatchObject({ state: 'live', trust: { signatures: 'off' } });
    await write('state', policyText([], { ...rest, architectures: ['qwen2'] }));
    await accept();
    await bench.deploy((await bench.bundle('plain')).path).catch(() => undefined);
    const other = pythonFiles({ 'model/m.gguf': await readFile(await bench.model('n.gguf')) });
    await writeFile(path, rawBundle(toEntries(other)));
    await expect(bench.deploy(path)).rejects.toMatchObject({ code: 'TRUST_ARCHITECTURE' });
  });
});

describe('a policy that changes', () => {
  it('binds once it was accepted, which is one line of the journal and nothing else', async () => {
    await write('state', owned());
    await bench.deploy(await signed(5));
    const before = await bench.journal();
    expect(await accept()).toMatchObject({ isChanged: false });
    expect(await bench.journal()).toEqual(before);
    const old = (await trust()).found?.sha256;
    await write('state', policyText([policyKey(owner, { max_counter: 5 }), policyKey(next)]));
    expect(await trust()).toMatchObject({ state: 'changed', failure: { code: 'TRUST_POLICY_MISSING' } });
    expect(await accept()).toMatchObject({ isChanged: true, before: old });
    const [line, ...rest] = (await bench.journal()).slice(before.length);
    expect(rest).toEqual([]);
    expect(line).toMatchObject({
      kind: 'policy',
      state: 'accepted',
      why: 'as agreed',
      facts: { policy_sha256: (await trust()).found?.sha256, before: old },
      verdicts: {},
    });
    expect((await trust()).state).toBe('kept');
    // The new key, and the counters as they were.
    await expect(bench.deploy(await signed(4, { key: next }))).rejects.toMatchObject({
      code: 'TRUST_DOWNGRADE',
    });
    expect(await bench.deploy(await signed(6, { key: next }))).toMatchObject({ state: 'live' });
    expect((await bench.rollBack()).state).toBe('live');
  });

  it('is gone only once a person has said why', async () => {
    await write('state', owned());
    await bench.deploy(await signed(5));
    await rm(places.state());
    expect((await trust()).state).toBe('gone');
    expect(await accept(true)).toMatchObject({ isChanged: true, found: null });
    expect((await trust()).state).toBe('none');
    expect(await bench.deploy((await bench.bundle('plain')).path)).toMatchObject({ state: 'live' });
    // What was taken of the line is remembered for the next policy.
    await write('state', owned());
    await expect(bench.deploy(await signed(4))).rejects.toMatchObject({ code: 'TRUST_DOWNGRADE' });
  });

  it('can be accepted after a first deployment that was undone', async () => {
    await write('state', owned());
    const service = { restartCommand: 'false', commandTimeoutMs: 20_000 };
    const options = { service: { ...DEFAULT_DEPLOY_OPTIONS.service, ...service } };
    await expect(bench.deploy(await signed(5), options)).rejects.toMatchObject({
      code: 'DEPLOY_ROLLED_BACK',
    });
    await write('state', owned({ evidence: 'any' }));
    expect(await accept()).toMatchObject({ isChanged: true });
    expect(await bench.deploy(await signed(6))).toMatchObject({ state: 'live' });
  });

  it('forgets the counters of a key that was revoked: whoever stole it may have used them all up', async () => {
    const both = policyText([policyKey(owner), policyKey(next)]);
    await write('state', both);
    await bench.deploy(await signed(5));
    const last = Number.MAX_SAFE_INTEGER;
    await bench.deploy(await signed(6, { key: next, release: { counter: last } }));
    await expect(bench.deploy(await signed(7))).rejects.toMatchObject({ code: 'TRUST_DOWNGRADE' });
    await write('state', policyText([policyKey(owner), policyKey(next, { revoked: 'stolen' })]));
    await accept();
    await expect(bench.deploy(await signed(4))).rejects.toMatchObject({ code: 'TRUST_DOWNGRADE' });
    expect(await bench.deploy(await signed(7))).toMatchObject({ state: 'live', trust: { counter: 7 } });
  });
});

describe('a repair', () => {
  const REPAIR: RepairOptions = {
    which: 'live',
    fromBundle: null,
    dryRun: false,
    skipLoadTest: false,
    loadTestTokens: 4,
    allowNetworkFs: false,
    service: null,
  };

  it('puts back what was live with a lower counter, by the word it was taken on', async () => {
    await write('state', owned());
    const five = await signed(5);
    await bench.deploy(five);
    await bench.deploy(await signed(6));
    const { releasePath } = await bench.rollBack();
    await writeFile(join(releasePath ?? '', 'manifest.json'), '{}');
    const repaired = await repairTarget(REPAIR, await bench.context());
    expect(repaired.outcome).toMatchObject({ state: 'live', record: { model_version: 'v5' } });
    expect((await activations()).at(-1)).toMatchObject({ key_id: owner.id, counter: 5, returning: true });
  });

  it('takes no other bundle of the same weights that nobody signed', async () => {
    await write('state', owned());
    const model = await bench.model('same.gguf');
    const input = await bench.input(model, 'v5');
    const release = { line: 'tiny', counter: 5, expires: null };
    const outDir = bench.state.bundlesDir;
    const first = await createBundle({ ...input, outDir, release, sign: owner });
    const { releasePath } = await bench.deploy(first.path);
    const clock = fixedClock(new Date('2030-01-01T00:00:00Z'));
    const other = await createBundle({ ...input, outDir, clock });
    await writeFile(join(releasePath ?? '', 'manifest.json'), '{}');
    const named = { ...REPAIR, fromBundle: other.path };
    await expect(repairTarget(named, await bench.context())).rejects.toMatchObject({
      code: 'TRUST_SIGNATURE_MISSING',
      exitCode: 3,
      aftermath: 'unchanged',
    });
    const repaired = await repairTarget({ ...REPAIR, fromBundle: first.path }, await bench.context());
    expect(repaired.outcome?.trust).toMatchObject({ counter: 5, returning: true });
  });
});

describe('createPolicy', () => {
  const policy = { signatures: 'require', lines: [], artifactTypes: [] } as const;

  it.each(['system', 'target', 'state'] as const)('writes one that binds, for the %s', async (place) => {
    const keys = [{ key: owner, name: 'release' }];
    const options = { place, policy: { ...policy, keys }, allowNetworkFs: false };
    const { path, trust: now } = await createPolicy(options, await bench.context());
    expect(path).toBe(places[place]());
    expect(now).toMatchObject({ state: 'new', found: { path, place, policy: { signatures: 'require' } } });
    const before = await readFile(path, 'utf8');
    await expect(createPolicy(options, await bench.context())).rejects.toMatchObject({
      code: 'TRUST_POLICY_EXISTS',
      exitCode: 1,
    });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('writes none that could not be followed', async () => {
    const twice = [owner, owner].map((key) => ({ key, name: null }));
    const options = { place: 'state', policy: { ...policy, keys: twice }, allowNetworkFs: false } as const;
    await expect(createPolicy(options, await bench.context())).rejects.toMatchObject({
      code: 'TRUST_POLICY_INVALID',
    });
    expect((await trust()).state).toBe('none');
  });
});

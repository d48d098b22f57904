import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBundle, openArtifact } from '../../src/bundle/index.ts';
import { formatJson } from '../../src/core/index.ts';
import { systemClock } from '../../src/system/index.ts';
import {
  generateKeyPair,
  formatPublicKey,
  policyJsonSchema,
  POLICY_SCHEMA_NAME,
  type SigningKey,
} from '../../src/trust/index.ts';
import { policyKey, policyText } from '../fakes/policy.ts';
import { useShop } from './shop.ts';

const shop = useShop();
let key: SigningKey;

const policyFile = (): string => join(shop.folder, 'srv/.llm.milton/policy.json');

beforeAll(async () => {
  key = await generateKeyPair();
  await writeFile(join(shop.folder, 'release.pub.pem'), formatPublicKey(key));
});

async function signed(version: string, counter: number): Promise<string> {
  const { path } = await shop.model(`${version}.gguf`, { seed: counter });
  const artifact = await openArtifact(path, { type: 'gguf' });
  const input = { artifact, version, run: null, candidate: null, registryEntry: null, clock: systemClock };
  const release = { line: 'tiny', counter, expires: null };
  return (await createBundle({ ...input, outDir: join(shop.folder, 'shelf'), release, sign: key })).path;
}

describe('milton policy', () => {
  it('writes a policy that deployments follow, tells what it says and remembers, and is accepted anew', async () => {
    const target = ['--target-path', shop.target];
    const init = await shop.document(
      'policy',
      'init',
      '--key',
      'release.pub.pem',
      '--line',
      'tiny',
      ...target,
    );
    expect(init).toMatchObject({
      exitCode: 0,
      json: { ok: true, path: policyFile(), place: 'target', binds: true, keys: [key.id] },
    });
    const checked = await shop.milton('policy', 'check', policyFile());
    expect(checked.exitCode).toBe(0);
    expect(checked.stdout).toMatch(
      /^sound {2}.*\n(.*\n)* +key +[0-9a-f]{64}\n +P-256 · lines tiny · releases 0/,
    );

    const test = ['--load-test-command', 'true', ...target];
    const live = await shop.milton('deploy', '--bundle', await signed('v2', 2), ...test);
    expect(live.stdout).toMatch(/signature +holds under the key [0-9a-f]{16}…, release 2 of tiny/);

    const text = await readFile(policyFile(), 'utf8');
    await writeFile(policyFile(), text.replace('"downgrade": false', '"downgrade": true'));
    const { stdout } = await shop.milton('status');
    expect(stdout).toMatch(
      /signature +by the key [0-9a-f]{16}…, checked when it went live\n +release 2 of tiny/,
    );
    expect(stdout).toMatch(/policy +\S+policy\.json\n +signatures are required, 1 key/);
    expect(stdout).toMatch(/refused +TRUST_POLICY_MISSING: /);
    const show = await shop.document('policy', 'show');
    expect(show).toMatchObject({
      exitCode: 3,
      json: {
        policy: { state: 'changed', path: policyFile(), place: 'target' },
        counters: [{ line: 'tiny', highest: 2 }],
        error: { code: 'TRUST_POLICY_MISSING' },
      },
    });
    const accepted = await shop.document('policy', 'accept', '--reason', 'v2 answers in riddles');
    expect(accepted).toMatchObject({ exitCode: 0, json: { changed: true, policy_path: policyFile() } });
    const reason = ['--allow-downgrade', 'v2 answers in riddles'];
    const down = await shop.document('deploy', '--bundle', await signed('v1', 1), ...reason, ...test);
    expect(down).toMatchObject({
      exitCode: 0,
      json: { trust: { counter: 1, downgrade: { from: 2, reason: 'v2 answers in riddles' } } },
    });
    await rm(policyFile());
    const none = await shop.document('policy', 'accept', '--none', 'the device is retired');
    expect(none).toMatchObject({ exitCode: 0, json: { changed: true, sha256: null } });
  });

  it('keeps a schedule from deploying where signatures are required', async () => {
    const folder = join(shop.folder, 'srv/.scheduled.milton');
    await mkdir(folder);
    await writeFile(join(folder, 'policy.json'), policyText([policyKey(key)]));
    const print = ['schedule', 'print', '--bench-command', 'true', '--deploy'];
    const refused = await shop.document(...print, '--target-path', 'srv/scheduled');
    expect(refused).toMatchObject({ exitCode: 3, json: { error: { code: 'TRUST_SIGNATURE_MISSING' } } });
  });

  it('asks for a key, and warns where another policy comes first', async () => {
    const bare = await shop.document('policy', 'init');
    expect(bare).toMatchObject({ exitCode: 2, json: { error: { code: 'CLI_USAGE' } } });
    const state = join(shop.folder, 'other');
    const first = join(state, 'deployments/.current.milton/policy.json');
    await mkdir(dirname(first), { recursive: true });
    await writeFile(first, '{"policy_version":1,"signatures":"off"}');
    const second = await shop.document('policy', 'init', '--signatures', 'off', '--state-dir', state);
    expect(second).toMatchObject({
      exitCode: 0,
      json: { binds: false, warnings: [{ code: 'TRUST_POLICY_NOT_FIRST' }] },
    });
  });
});

describe('the JSON Schema of a policy in the package', () => {
  it('is what the code gives', async () => {
    const path = new URL(`../../docs/schemas/${POLICY_SCHEMA_NAME}`, import.meta.url);
    expect(await readFile(path, 'utf8'), 'npm run docs:schemas').toBe(formatJson(await policyJsonSchema()));
  });
});

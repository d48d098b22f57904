/** What is live but damaged is restored by a new release; nothing is changed in place, and nothing silently. */
import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, readlink, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedBundle } from '../../src/bundle/index.ts';
import {
  DEFAULT_LOAD_TEST_TOKENS,
  readStatus,
  repairTarget,
  verifyTarget,
  type DeployContext,
  type Repaired,
  type RepairOptions,
  type RepairPlan,
} from '../../src/deploy/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { AROUND_IT, flipByte, IN_WHAT_IS_LISTED, weights } from '../fakes/release-damage.ts';

let bench: DeployBench;
let v1: CreatedBundle;
let v2: CreatedBundle;
beforeAll(async () => {
  bench = await openDeployBench();
  v1 = await bench.bundle('v1');
  v2 = await bench.bundle('v2');
});
afterAll(() => bench.remove());
beforeEach(async () => {
  await rm(join(bench.folder, 'srv'), { recursive: true, force: true });
  await mkdir(join(bench.folder, 'srv'));
  await rm(bench.state.historyDir, { recursive: true, force: true });
});

const OPTIONS: RepairOptions = {
  which: 'live',
  fromBundle: null,
  dryRun: false,
  skipLoadTest: false,
  loadTestTokens: DEFAULT_LOAD_TEST_TOKENS,
  allowNetworkFs: false,
  service: null,
};

async function repair(
  options: Partial<RepairOptions> = {},
  rest: Partial<DeployContext> = {},
): Promise<Repaired> {
  return repairTarget({ ...OPTIONS, ...options }, await bench.context(rest));
}

const srv = (): string => join(bench.folder, 'srv');
const live = async (): Promise<string> => (await readlink(bench.target)).split('/').at(-1) ?? '';
const status = async () => readStatus((await bench.context()).layout);
const deep = async (which: RepairOptions['which'] = 'live') =>
  verifyTarget((await bench.context()).layout, { which });

/** The bundles folder without its bundles, for as long as `use` runs. */
async function withoutBundles<T>(use: () => Promise<T>): Promise<T> {
  const away = `${bench.state.bundlesDir}.away`;
  await rename(bench.state.bundlesDir, away);
  try {
    return await use();
  } finally {
    await rm(bench.state.bundlesDir, { recursive: true, force: true });
    await rename(away, bench.state.bundlesDir);
  }
}

describe('repairTarget', () => {
  it('does nothing where nothing is damaged', async () => {
    await bench.deploy(v1.path);
    const before = await readTree(srv());
    expect(await repair({ which: 'all' })).toMatchObject({ plan: { live: null, bad: [] }, outcome: null });
    expect(await readTree(srv())).toEqual(before);
  });

  it.each([
    ...IN_WHAT_IS_LISTED.map(([what, damage]) => [what, damage, 'bundle'] as const),
    ...AROUND_IT.map(([what, damage]) => [what, damage, 'itself'] as const),
  ])('makes a new release where %s', async (_, damage, source) => {
    const first = await bench.deploy(v1.path);
    const { deployment_id } = first.record;
    await damage(first.releasePath ?? '');
    const damaged = await readTree(first.releasePath ?? '');
    const { plan, outcome } = await repair();
    expect(plan.live?.source).toMatchObject({ kind: source });
    expect(outcome).toMatchObject({ state: 'live', previousReleaseId: deployment_id });
    expect(await live()).toBe(outcome?.record.deployment_id);
    expect(await deep()).toMatchObject({ link: { kind: 'sound' }, releases: [{ found: { kind: 'sound' } }] });
    execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: bench.target });
    // The damaged one is left as it is, and nobody is sent back to it.
    expect(await readTree(first.releasePath ?? '')).toEqual(damaged);
    const { previous, rollbackTo } = await status();
    expect(previous).toMatchObject([{ id: deployment_id, verdict: 'bad', badBecause: { kind: 'damaged' } }]);
    expect(rollbackTo).toBeNull();
    await expect(bench.rollBack({ to: deployment_id })).rejects.toMatchObject({ code: 'DEPLOY_RELEASE_BAD' });
    // The bytes themselves are as good as ever.
    expect(await bench.deploy(v1.path)).toMatchObject({ alreadyLive: true });
    expect(await repair()).toMatchObject({ outcome: null });
  });

  it('takes no room for weights that are sound', async () => {
    const first = await bench.deploy(v1.path);
    await rm(join(first.releasePath ?? '', 'model.env'));
    await repair();
    const [old, anew] = await Promise.all([
      lstat(weights(first.releasePath ?? '')),
      lstat(join(bench.target, 'model/v1.gguf')),
    ]);
    expect(anew.ino).toBe(old.ino);
  });

  it('does not share a file into which everybody may write', async () => {
    const first = await bench.deploy(v1.path);
    await chmod(weights(first.releasePath ?? ''), 0o666);
    await repair();
    const anew = await lstat(join(bench.target, 'model/v1.gguf'));
    expect(anew.mode & 0o777).toBe(0o644);
    expect(anew.ino).not.toBe((await lstat(weights(first.releasePath ?? ''))).ino);
  });

  it('keeps who may read the release', async () => {
    const permissions = { fileMode: 0o640, groupId: null };
    const first = await bench.deploy(v1.path, { permissions });
    await flipByte(weights(first.releasePath ?? ''));
    await repair();
    expect((await lstat(join(bench.target, 'model/v1.gguf'))).mode & 0o777).toBe(0o640);
  });

  it('says what it will do before it does anything, and in a dry run does nothing', async () => {
    const first = await bench.deploy(v1.path);
    await flipByte(weights(first.releasePath ?? ''));
    const before = await readTree(bench.folder);
    const plans: RepairPlan[] = [];
    const dry = await repair({ dryRun: true, onPlan: (plan) => plans.push(plan) });
    expect(dry).toMatchObject({ dryRun: true, outcome: null });
    expect(dry.plan.live?.source).toEqual({ kind: 'bundle', path: v1.path, bundleId: v1.manifest.bundle_id });
    expect(plans).toEqual([dry.plan]);
    expect(await readTree(bench.folder)).toEqual(before);
    const linkAtPlan: string[] = [];
    const { layout } = await bench.context();
    await repair({ onPlan: () => linkAtPlan.push(readlinkSync(layout.targetPath)) });
    expect(linkAtPlan[0]).toContain(first.record.deployment_id);
  });

  describe('when the bundle is not there', () => {
    it('takes the bytes from another release that holds them', async () => {
      const first = await bench.deploy(v1.path);
      await bench.deploy(v2.path);
      // Copied, not linked: what happens to one does not happen to the other.
      const second = await bench.deploy(v1.path, { permissions: { fileMode: 0o640, groupId: null } });
      await flipByte(weights(second.releasePath ?? ''));
      const { plan, outcome } = await withoutBundles(() => repair());
      expect(plan.live?.source).toMatchObject({ kind: 'release', known: { id: first.record.deployment_id } });
      expect(outcome).toMatchObject({ state: 'live' });
      expect((await deep()).releases).toMatchObject([{ found: { kind: 'sound' } }]);
      expect(await readFile(join(bench.target, 'SHA256SUMS'))).toEqual(
        await readFile(join(first.releasePath ?? '', 'SHA256SUMS')),
      );
    });

    it('refuses, and says which bundle is needed', async () => {
      const { releasePath, artifactSha256 } = await bench.deploy(v1.path);
      await flipByte(weights(releasePath ?? ''));
      const before = await readTree(srv());
      await expect(withoutBundles(() => repair())).rejects.toMatchObject({
        code: 'DEPLOY_NO_SOURCE',
        exitCode: 3,
        details: { bundle_id: v1.manifest.bundle_id, artifact_sha256: artifactSha256 },
      });
      expect(await readTree(srv())).toEqual(before);
    });

    it('takes the one that is named, and no other model', async () => {
      const { releasePath } = await bench.deploy(v1.path);
      await flipByte(weights(releasePath ?? ''));
      const away = join(bench.folder, 'usb.tar.gz');
      await writeFile(away, await readFile(v1.path));
      await expect(repair({ fromBundle: v2.path })).rejects.toMatchObject({ code: 'DEPLOY_NO_SOURCE' });
      const { plan } = await withoutBundles(() => repair({ fromBundle: away }));
      expect(plan.live?.source).toMatchObject({ kind: 'bundle', path: away });
    });
  });

  it('passes a bundle over that is damaged itself', async () => {
    const { releasePath } = await bench.deploy(v1.path);
    await flipByte(weights(releasePath ?? ''));
    const whole = await readFile(v1.path);
    try {
      await truncate(v1.path, whole.length - 5000);
      await expect(repair()).rejects.toMatchObject({
        code: 'DEPLOY_NO_SOURCE',
        details: { received: expect.stringContaining(v1.path) },
      });
    } finally {
      await writeFile(v1.path, whole);
    }
  });

  it('makes a damaged previous release bad, and changes nothing else', async () => {
    const first = await bench.deploy(v1.path);
    const second = await bench.deploy(v2.path);
    await flipByte(weights(first.releasePath ?? ''));
    expect(await repair()).toMatchObject({ plan: { bad: [] } });
    expect((await status()).rollbackTo).toBe(first.record.deployment_id);
    const { plan, outcome } = await repair({ which: 'all' });
    expect(plan.bad).toMatchObject([{ releaseId: first.record.deployment_id }]);
    expect(outcome).toBeNull();
    expect(await live()).toBe(second.record.deployment_id);
    expect(await status()).toMatchObject({
      rollbackTo: null,
      unfinished: null,
      previous: [
        { verdict: 'bad', badBecause: { kind: 'damaged', text: 'damaged on disk: model/v1.gguf (changed)' } },
      ],
    });
    // It is known now, and no reason to say so again.
    expect((await deep('all')).releases[1]).toMatchObject({ found: { kind: 'known-damaged' } });
    expect((await bench.journal()).map(({ seq }) => seq)).toEqual(
      (await bench.journal()).map((_, index) => index + 1),
    );
    expect(await bench.deploy(v1.path)).toMatchObject({ state: 'live', alreadyLive: false });
  });

  it('looks at one release where one is named', async () => {
    const first = await bench.deploy(v1.path);
    await bench.deploy(v2.path);
    await flipByte(weights(first.releasePath ?? ''));
    await expect(repair({ which: { id: 'deploy_nobody' } })).rejects.toMatchObject({
      code: 'DEPLOY_RELEASE_UNKNOWN',
    });
    expect(await repair({ which: { id: first.record.deployment_id } })).toMatchObject({
      plan: { bad: [{ releaseId: first.record.deployment_id }] },
    });
  });

  it('leaves a link alone that is not there, or not ours', async () => {
    await expect(repair()).rejects.toMatchObject({ code: 'TARGET_UNKNOWN' });
    const { record } = await bench.deploy(v1.path);
    await rm(bench.target);
    await expect(repair()).rejects.toMatchObject({
      code: 'DEPLOY_LINK_GONE',
      hint: expect.stringContaining(`--to ${record.deployment_id}`),
    });
    await mkdir(bench.target);
    await expect(repair()).rejects.toMatchObject({ code: 'TARGET_NOT_OURS' });
  });
});

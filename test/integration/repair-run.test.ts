/** A repair with a server behind the target, and one that is killed at any moment. */
import { mkdir, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedBundle } from '../../src/bundle/index.ts';
import {
  DEFAULT_LOAD_TEST_TOKENS,
  readStatus,
  repairTarget,
  verifyTarget,
  type Repaired,
} from '../../src/deploy/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { startDeployProcess } from '../fakes/deploy-process.ts';
import { flipByte, weights } from '../fakes/release-damage.ts';
import { openServedTarget } from '../fakes/served-target.ts';

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

async function repair(): Promise<Repaired> {
  const options = {
    which: 'live',
    fromBundle: null,
    dryRun: false,
    skipLoadTest: false,
    loadTestTokens: DEFAULT_LOAD_TEST_TOKENS,
    allowNetworkFs: false,
    service: null,
  } as const;
  return repairTarget(options, await bench.context());
}

const srv = (): string => join(bench.folder, 'srv');
const live = async (): Promise<string> => (await readlink(bench.target)).split('/').at(-1) ?? '';
const status = async () => readStatus((await bench.context()).layout);
const deep = async () => verifyTarget((await bench.context()).layout, { which: 'live' });

describe('a repair with a server', () => {
  let stop = (): Promise<void> => Promise.resolve();
  afterEach(() => stop());

  it('restarts and asks it as the deployment did, and the status tells what came', async () => {
    const served = await openServedTarget(bench.folder, bench.target);
    stop = served.stop;
    const first = await bench.deploy(v1.path, { service: served.service });
    await flipByte(weights(first.releasePath ?? ''));
    const { outcome } = await repair();
    expect(outcome).toMatchObject({ state: 'live', restarted: true });
    expect(await served.health()).toMatchObject({ version: 'v1' });
    expect((await status()).live?.known?.service).toMatchObject({
      restarted: true,
      answers: [{ asked: `${served.url}/health`, answer: 'HTTP status 200' }],
      failure: null,
    });
  });

  it('keeps why a release is bad with which the server did not come up', async () => {
    const served = await openServedTarget(bench.folder, bench.target);
    stop = served.stop;
    const { service } = served;
    const first = await bench.deploy(v1.path, { service });
    await served.setFlaws({ v2: 'sick' });
    await expect(bench.deploy(v2.path, { service })).rejects.toMatchObject({ code: 'DEPLOY_ROLLED_BACK' });
    const { live: now, previous } = await status();
    expect(previous).toMatchObject([
      {
        version: 'v2',
        verdict: 'bad',
        badBecause: { kind: 'failed', text: expect.stringContaining('HTTP status') },
      },
    ]);
    // The way back asked it too.
    expect(now).toMatchObject({
      id: first.record.deployment_id,
      known: { service: { restarted: true, failure: null, answers: [{ answer: 'HTTP status 200' }] } },
    });
  });
});

describe('a repair that is killed', () => {
  it.each(['planned', 'staging', 'verified', 'load-tested', 'activating', 'probing'])(
    'at %s leaves the damaged release or the new one, and the next repair ends it',
    async (holdAt) => {
      const { releasePath, record } = await bench.deploy(v1.path);
      await flipByte(weights(releasePath ?? ''));
      const where = { target: bench.target, stateDir: bench.state.path };
      const running = startDeployProcess({ job: 'repair', bundle: v1.path, ...where, holdAt });
      await running.held;
      await running.kill('SIGKILL');
      expect((await live()) === record.deployment_id).toBe(holdAt !== 'probing');
      // Of what was live before, not a byte is other than it was.
      expect((await status()).unfinished).toMatchObject({
        state: holdAt,
        from: { id: record.deployment_id, version: 'v1' },
      });
      const { outcome, warnings } = await repair();
      expect(outcome).toMatchObject({ state: 'live' });
      expect(warnings).toMatchObject([{ code: 'DEPLOY_UNFINISHED_SETTLED' }]);
      expect((await deep()).releases).toMatchObject([{ found: { kind: 'sound' } }]);
      const names = await readdir(join(srv(), '.llm.milton/releases'));
      expect(names.toSorted()).toEqual([record.deployment_id, outcome?.record.deployment_id]);
    },
  );
});

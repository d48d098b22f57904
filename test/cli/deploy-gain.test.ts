import { readlink } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { candidateOf, entryOf, runOf, useShop, type Model } from './shop.ts';

const shop = useShop();
let v1: Model;
let v2: Model;

const deploy = (...args: string[]) =>
  shop.document('deploy', '--target-path', shop.target, '--skip-load-test', '--weights', 'cove=1', ...args);

beforeAll(async () => {
  v1 = await shop.model('v1.gguf', { seed: 1 });
  v2 = await shop.model('v2.gguf', { seed: 2 });
  await shop.saveRegistry([entryOf('v1', v1), entryOf('v2', v2)]);
});

describe('milton deploy --min-gain', () => {
  it('deploys where nothing is live', async () => {
    await shop.saveRun('20260111_100000', runOf('20260111_100000', [candidateOf('v1', v1, { cove: 93 })]));
    const { exitCode, json } = await deploy('--min-gain', '0.01');
    expect({ exitCode, json }).toMatchObject({
      exitCode: 0,
      json: { model_version: 'v1', state: 'live', decision: { because: 'nothing-live' } },
    });
  });

  it('lets what is live stay, which is no failure', async () => {
    const candidates = [candidateOf('v1', v1, { cove: 93 }), candidateOf('v2', v2, { cove: 95, latency: 5 })];
    await shop.saveRun('20260111_110000', runOf('20260111_110000', candidates));
    const link = await readlink(shop.target);
    const attempts = (await shop.attempts()).length;
    const { exitCode, json } = await deploy('--min-gain', '0.02');
    expect({ exitCode, json }).toMatchObject({
      exitCode: 0,
      json: {
        ok: true,
        state: 'stays',
        target_path: shop.target,
        decision: { kind: 'stay', live_score: 0.93, winner_score: 0.95, gain: 0.02, noise: null },
      },
    });
    expect(await readlink(shop.target)).toBe(link);
    expect(await shop.attempts()).toHaveLength(attempts);
    const again = ['deploy', '--target-path', shop.target, '--weights', 'cove=1', '--min-gain', '0.02'];
    const { stdout } = await shop.milton(...again);
    expect(stdout).toMatch(
      /^stays {2}v1: nothing was deployed\.\n {2}why +v2 \(0\.9500\) is 0\.0200 above v1/,
    );
  });

  it('replaces it by what is better by more', async () => {
    const { json } = await deploy('--min-gain', '0.019');
    expect(json).toMatchObject({ model_version: 'v2', decision: { kind: 'replace', because: 'better' } });
  });

  it('leaves the refusal of a run to the deployment, whose history has it', async () => {
    const none = runOf('20260111_120000', [candidateOf('v1', v1, { cove: 1 })]);
    await shop.saveRun('20260111_120000', none);
    const attempts = (await shop.attempts()).length;
    const { exitCode, json } = await deploy('--min-gain', '0.01');
    expect({ exitCode, json }).toMatchObject({
      exitCode: 3,
      json: { error: { code: 'SELECT_NONE_PASSED' } },
    });
    expect(await shop.attempts()).toHaveLength(attempts + 1);
  });

  it.each([
    [['v1', '--min-gain', '0.01']],
    [['--min-gain', '2']],
    [['--min-gain', '-1']],
    [['--deploy-unmeasured']],
  ])('refuses %j', async (args) => {
    expect((await deploy(...args)).json).toMatchObject({ error: { code: 'CLI_USAGE' } });
  });
});

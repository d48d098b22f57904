/** Several processes at once: one at a time on a target, any number on different ones, and nobody touches what another stages. */
import { mkdir, readdir, readlink, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedBundle } from '../../src/bundle/index.ts';
import { findDamage, readStatus, resolveTarget } from '../../src/deploy/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { startStepped, type Stepped, type SteppedJob } from '../races/stepped.mjs';

let bench: DeployBench;
let v1: CreatedBundle;
let v2: CreatedBundle;
let v3: CreatedBundle;
const running: Stepped[] = [];

beforeAll(async () => {
  bench = await openDeployBench();
  [v1, v2, v3] = [await bench.bundle('v1'), await bench.bundle('v2'), await bench.bundle('v3')];
});
afterAll(() => bench.remove());

const srv = (): string => dirname(bench.target);

beforeEach(async () => {
  await rm(srv(), { recursive: true, force: true });
  await mkdir(srv());
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.kill()));
});

function begin(bundle: CreatedBundle, job: Partial<SteppedJob> = {}): Stepped {
  const one = startStepped();
  running.push(one);
  const where = { target: bench.target, stateDir: bench.state.path };
  one.begin({ kind: 'deploy', bundle: bundle.path, holdAt: [], ...where, ...job });
  return one;
}

const liveOn = async (target: string): Promise<string> => basename(await readlink(target));

async function expectWhole(target: string): Promise<void> {
  const layout = await resolveTarget(target, bench.state);
  const { live, unfinished } = await readStatus(layout);
  expect(unfinished).toBeNull();
  const { artifactSha256 = '', version = '' } = live?.known ?? {};
  expect(await findDamage(live?.releasePath ?? '', { artifactSha256, version })).toEqual([]);
  expect((await readdir(layout.releasesDir)).filter((name) => name.startsWith('.'))).toEqual([]);
}

describe('two targets in one folder', () => {
  it('are past the plan at the same time, and both go live', async () => {
    const targets = [bench.target, join(srv(), 'other')];
    const runs = targets.map((target) => begin(v1, { target, holdAt: ['staging'] }));
    expect(await Promise.all(runs.map((one) => one.next()))).toEqual([
      { at: 'staging', end: null },
      { at: 'staging', end: null },
    ]);
    for (const one of runs) one.goOn();
    for (const one of runs) expect((await one.next()).end).toMatchObject({ state: 'live' });
    for (const target of targets) await expectWhole(target);
  });

  it('leave alone what the other has staged, also where the other was killed', async () => {
    const other = join(srv(), 'other');
    const slow = begin(v2, { holdAt: ['bytes'] });
    await slow.next();
    const staged = await readTree(join(srv(), '.llm.milton'));
    const killed = begin(v3, { target: other, holdAt: ['bytes'] });
    await killed.next();
    await killed.kill();
    // Settles what was killed, and replaces it.
    expect((await begin(v1, { target: other }).next()).end).toMatchObject({ state: 'live' });
    await expectWhole(other);
    expect(await readTree(join(srv(), '.llm.milton'))).toEqual(staged);
    slow.goOn();
    expect((await slow.next()).end).toMatchObject({ state: 'live' });
    await expectWhole(bench.target);
  });

  it('have names of which one begins like the other', async () => {
    const longer = `${bench.target}.other`;
    const slow = begin(v2, { target: longer, holdAt: ['bytes'] });
    await slow.next();
    const killed = begin(v3, { holdAt: ['activating'] });
    await killed.next();
    await killed.kill();
    const staged = await readTree(join(srv(), '.llm.other.milton'));
    expect((await begin(v1).next()).end).toMatchObject({ state: 'live' });
    expect(await readTree(join(srv(), '.llm.other.milton'))).toEqual(staged);
    slow.goOn();
    expect((await slow.next()).end).toMatchObject({ state: 'live' });
    for (const target of [bench.target, longer]) await expectWhole(target);
  });
});

describe('a run that waits for another', () => {
  it('plans anew: what the other made live already is not deployed again', async () => {
    const first = begin(v1, { holdAt: ['staging'] });
    await first.next();
    const second = begin(v1, { holdAt: ['before-lock'], wait: 60_000 });
    await second.next();
    second.goOn();
    first.goOn();
    expect((await first.next()).end).toMatchObject({ state: 'live' });
    expect((await second.next()).end).toMatchObject({ state: 'live' });
    const journal = await bench.journal();
    expect(new Set(journal.map(({ transaction }) => transaction)).size).toBe(1);
  });

  it('settles what the other left when it was killed, then goes live', async () => {
    const first = begin(v1, { holdAt: ['bytes'] });
    await first.next();
    const second = begin(v2, { holdAt: ['before-lock'], wait: 60_000 });
    await second.next();
    second.goOn();
    await first.kill();
    expect((await second.next()).end).toMatchObject({ state: 'live' });
    await expectWhole(bench.target);
    expect((await bench.journal()).filter(({ state }) => state === 'failed')).toHaveLength(1);
  });
});

describe('two rollbacks at once', () => {
  beforeEach(async () => {
    for (const bundle of [v1, v2, v3]) await bench.deploy(bundle.path);
  });

  it('go back once: the second is refused while the first is at work', async () => {
    const first = begin(v1, { kind: 'rollback', holdAt: ['planned'] });
    await first.next();
    expect((await begin(v1, { kind: 'rollback' }).next()).end).toMatchObject({
      code: 'TARGET_BUSY',
      exitCode: 1,
      message: expect.stringContaining(`process ${first.pid} `),
    });
    first.goOn();
    expect((await first.next()).end).toMatchObject({ state: 'live' });
    expect(await liveOn(bench.target)).toContain('_v2_');
    await expectWhole(bench.target);
  });

  it('go back once where the second waits: it was asked for while something else was live', async () => {
    const first = begin(v1, { kind: 'rollback', holdAt: ['planned'] });
    await first.next();
    const second = begin(v1, { kind: 'rollback', holdAt: ['before-lock'], wait: 60_000 });
    await second.next();
    second.goOn();
    first.goOn();
    expect((await first.next()).end).toMatchObject({ state: 'live' });
    expect((await second.next()).end).toMatchObject({
      code: 'TARGET_MOVED',
      exitCode: 3,
      aftermath: 'unchanged',
    });
    expect(await liveOn(bench.target)).toContain('_v2_');
    await expectWhole(bench.target);
  });
});

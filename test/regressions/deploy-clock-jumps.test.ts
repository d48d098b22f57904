/** Small machines boot in the past: no order may come from a clock, and no name may be given twice. */
import { readdir, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStatus } from '../../src/deploy/index.ts';
import { fixedClock, type Clock } from '../../src/system/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';

let bench: DeployBench;
beforeEach(async () => {
  bench = await openDeployBench();
});
afterEach(() => bench.remove());

const NOW = new Date('2026-05-04T10:00:00Z');
const BOOTED = new Date('1970-01-01T00:00:05Z');

/** Each time that it is asked it is a year earlier. */
function fallingClock(): Clock {
  let year = 2026;
  return {
    now() {
      year -= 1;
      return new Date(Date.UTC(year, 0, 1));
    },
  };
}

async function deployAt(version: string, clock: Clock): Promise<string> {
  const { path } = await bench.bundle(version);
  const retention = { keep: 'all', keepBundles: 'all' } as const;
  const { record, state } = await bench.deploy(path, { retention }, { clock });
  expect(state).toBe('live');
  return record.deployment_id;
}

describe('a clock that jumps back', () => {
  it('changes nothing about what was live before, and where a rollback goes', async () => {
    const first = await deployAt('v1', fixedClock(NOW));
    const second = await deployAt('v2', fixedClock(BOOTED));
    const third = await deployAt('v3', fixedClock(NOW));
    const { layout } = await bench.context();
    const status = await readStatus(layout);
    expect(status.live?.id).toBe(third);
    expect(status.previous.map(({ id }) => id)).toEqual([second, first]);
    expect(status.rollbackTo).toBe(second);
    const back = await bench.rollBack({}, { clock: fixedClock(BOOTED) });
    expect(back).toMatchObject({ state: 'live', record: { model_version: 'v2' } });
    expect(basename(await readlink(bench.target))).toBe(second);
    const lines = await bench.journal();
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
  });

  it('during a deployment is of no consequence', async () => {
    const first = await deployAt('v1', fallingClock());
    const second = await deployAt('v2', fallingClock());
    expect(basename(await readlink(bench.target))).toBe(second);
    expect((await readStatus((await bench.context()).layout)).rollbackTo).toBe(first);
  });

  it('to the very same moment gives no name twice', async () => {
    const clock = fixedClock(NOW);
    const ids: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      ids.push(await deployAt('v1', clock), await deployAt('v2', clock));
    }
    expect(new Set(ids).size).toBe(6);
    const { layout } = await bench.context();
    expect((await readdir(layout.releasesDir)).toSorted()).toEqual(ids.toSorted());
    expect(await bench.records()).toHaveLength(6);
  });
});

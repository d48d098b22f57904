/** Two deployments of one target in one process, held until both have planned: one goes on, and only one. */
import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEFAULT_DEPLOY_OPTIONS,
  type DeployContext,
  type DeploymentOutcome,
} from '../../src/deploy/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { deployModel } from '../../src/pipeline/index.ts';
import { openRegistry } from '../../src/registry/index.ts';
import { systemClock } from '../../src/system/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { soundEngine } from '../fakes/engine.ts';
import { toEntry } from '../fakes/registry-entry.ts';

const ROUNDS = 50;
let bench: DeployBench;

beforeAll(async () => {
  bench = await openDeployBench();
});
afterAll(() => bench.remove());

/** Opens once so many wait at it; then it lets everybody through. */
function openBarrier(count: number): () => Promise<void> {
  let waiting = 0;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return () => {
    waiting += 1;
    if (waiting === count) open();
    return opened;
  };
}

function openGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('two deployments of one target, held in one process until both have planned', () => {
  it(`let one past the plan and refuse the other, ${ROUNDS} times`, async () => {
    const registry = openRegistry(bench.state.registryFile, { clock: systemClock, command: 'a test' });
    const versions = ['a', 'b', 'c'];
    for (const version of versions) {
      const path = await bench.model(`race-${version}.gguf`);
      const entry = toEntry(version, { metrics: { compression: { gguf_path: path } } });
      const { timestamp: _t, active: _a, last_good: _l, ...unregistered } = entry;
      await registry.register(unregistered);
    }
    let live = '';
    for (let round = 0; round < ROUNDS; round += 1) {
      const [one = '', other = ''] = versions.filter((version) => version !== live);
      const barrier = openBarrier(2);
      const answered = openGate();
      let loading = 0;
      /** The pipeline asks for an engine for its own plan first, and once more when that plan is made. */
      const contestant = (): Engine => {
        let asked = 0;
        const engine = soundEngine({
          onLoad: async () => {
            loading += 1;
            // Nobody would ever be answered.
            if (loading === 2) answered.open();
            await answered.opened;
          },
        });
        const describe = async () => {
          asked += 1;
          if (asked === 2) await barrier();
          return engine.describe();
        };
        return { ...engine, describe };
      };
      const race = [one, other].map((version) => {
        const run = deployVersion(version, { engine: contestant() });
        // Whoever is past the plan stands in its load test until the other has its answer.
        void run.then(answered.open, answered.open);
        return run;
      });
      const ends = await Promise.allSettled(race);
      expect(loading).toBe(1);
      const won = ends.findIndex(({ status }) => status === 'fulfilled');
      expect(ends[1 - won]).toMatchObject({
        status: 'rejected',
        reason: { code: 'TARGET_BUSY', exitCode: 1, aftermath: 'unchanged' },
      });
      live = [one, other][won] ?? '';
      expect(basename(await readlink(bench.target))).toContain(`_${live}_`);
    }
    const ends = (await bench.journal()).filter(({ state }) => state === 'live');
    expect(ends).toHaveLength(ROUNDS);
  }, 60_000);

  async function deployVersion(version: string, context: Partial<DeployContext>): Promise<DeploymentOutcome> {
    const source = {
      kind: 'run',
      version,
      benchmarkFile: null,
      runsDir: bench.state.runsDir,
      artifactType: 'gguf',
      select: {},
      allow: [],
      makeBundle: false,
      sourceDateEpochSeconds: undefined,
      tool: 'a test',
    } as const;
    const options = { ...DEFAULT_DEPLOY_OPTIONS, loadTestTokens: 4 };
    const request = { source, options, activate: false };
    return (await deployModel(request, await bench.context(context))).outcome;
  }
});

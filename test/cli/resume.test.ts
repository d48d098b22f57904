import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { startDeployProcess } from '../fakes/deploy-process.ts';
import { openServedTarget } from '../fakes/served-target.ts';
import { runMilton } from './run-milton.ts';

let bench: DeployBench;

beforeEach(async () => {
  bench = await openDeployBench();
});

afterEach(() => bench.remove());

async function killedAt(holdAt: string, options: object = {}): Promise<void> {
  const { path } = await bench.bundle('v2');
  const { target, state } = bench;
  const run = startDeployProcess({ bundle: path, target, stateDir: state.path, holdAt, options });
  await run.held;
  await run.kill();
}

function resume(...args: readonly string[]) {
  return runMilton(['resume', '--state-dir', bench.state.path, ...args]);
}

describe('milton resume', () => {
  it('says that nothing was deployed where nothing was', async () => {
    expect(await resume()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('nothing is unfinished') as string,
    });
  });

  it.each([
    ['staging', 'failed'],
    ['verified', 'failed'],
    ['activating', 'rolled-back'],
  ])('settles a deployment that was killed while %s', async (state, end) => {
    const first = await bench.deploy((await bench.bundle('v1')).path);
    await killedAt(state);

    const { exitCode, stdout } = await resume('--json', '--target-path', bench.target);

    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ targets: [{ settled: { crashed_in: state, state: end } }] });
    expect(await readlink(bench.target)).toContain(first.record.deployment_id);
    const releases = await readdir(join(bench.folder, 'srv', '.llm.milton', 'releases'));
    expect(releases).toEqual([first.record.deployment_id]);
    expect((await resume()).stdout).toContain('nothing was left unfinished');
  });

  it('leaves the server alone with --no-restart, and restarts it without', async () => {
    const server = await openServedTarget(bench.folder, bench.target);
    try {
      const { service } = server;
      await bench.deploy((await bench.bundle('v1')).path, { service });
      await server.setFlaws({ v2: 'silent' });
      await killedAt('service', { service });
      const before = await server.restarts();
      expect((await resume('--no-restart')).exitCode).toBe(0);
      expect(await server.restarts()).toBe(before);

      await killedAt('service', { service });
      const between = await server.restarts();
      expect((await resume()).exitCode).toBe(0);
      expect(await server.restarts()).toBe(between + 1);
      expect(await server.health()).toMatchObject({ version: 'v1' });
    } finally {
      await server.stop();
    }
  });

  it('is stuck with exit code 5 where the server does not come back', async () => {
    const server = await openServedTarget(bench.folder, bench.target);
    try {
      await bench.deploy((await bench.bundle('v1')).path);
      await killedAt('service', { service: { ...server.service, attempts: 1, restartCommand: 'exit 9' } });

      const { exitCode, stderr } = await resume();

      expect(exitCode).toBe(5);
      expect(stderr).toContain('DEPLOY_STUCK');
    } finally {
      await server.stop();
    }
  });
});

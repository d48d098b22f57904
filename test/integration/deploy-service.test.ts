import { readlink } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/index.ts';
import { readStatus, type ServiceSettings } from '../../src/deploy/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { startDeployProcess } from '../fakes/deploy-process.ts';
import { openServedTarget, type ServedTarget } from '../fakes/served-target.ts';

let bench: DeployBench;
let server: ServedTarget;

beforeEach(async () => {
  bench = await openDeployBench();
  server = await openServedTarget(bench.folder, bench.target);
});

afterEach(async () => {
  await server.stop();
  await bench.remove();
});

async function deploy(version: string, service: Partial<ServiceSettings> = {}) {
  const { path } = await bench.bundle(version);
  return bench.deploy(path, { service: { ...server.service, ...service } });
}

async function refusalOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (error instanceof Failure) return error;
  throw new Error(`Expected a failure, and got ${String(error)}`);
}

async function verdictOf(version: string): Promise<string | undefined> {
  const status = await readStatus((await bench.context()).layout);
  const known = [status.live?.known, ...status.previous].find((release) => release?.version === version);
  return known?.verdict;
}

describe('a deployment with a restart command and a probe', () => {
  it('counts as live once the server says that it runs this very release', async () => {
    const outcome = await deploy('v1');

    expect(outcome).toMatchObject({
      state: 'live',
      restarted: true,
      service: { restarted: true, probes: 1, model: 'expected' },
    });
    expect(await server.health()).toMatchObject({ version: 'v1', sha256: outcome.artifactSha256 });
  });

  it('asks an OpenAI-style server for a model and a completion', async () => {
    const outcome = await deploy('v1', { probes: [{ kind: 'openai', url: `${server.url}/v1` }] });

    expect(outcome.service).toMatchObject({ probes: 1, model: 'expected' });
  });

  it('watches the server as long as it is asked to', async () => {
    const outcome = await deploy('v1', { soakMs: 300 });

    expect(outcome.service).toMatchObject({ soak_ms: 300 });
  });

  it('says only that the link was swapped where no command restarts anything', async () => {
    const { path } = await bench.bundle('v1');

    expect(await bench.deploy(path)).toMatchObject({ state: 'live', restarted: false, service: null });
  });
});

describe('a new release that the server does not come up well with', () => {
  it.each([
    ['crashes', 'crash', 'ECONNREFUSED'],
    ['answers 503', 'sick', 'HTTP status 503'],
    ['answers nothing', 'silent', 'no answer within'],
  ])('is rolled back where it %s, and the old one serves again', async (_what, flaw, reason) => {
    const first = await deploy('v1');
    await server.setFlaws({ v2: flaw });

    const failure = await refusalOf(deploy('v2', { attempts: 12, timeoutMs: 200, intervalMs: 150 }));

    expect(failure).toMatchObject({ code: 'DEPLOY_ROLLED_BACK', exitCode: 4, aftermath: 'rolled-back' });
    expect(failure.message).toContain(reason);
    expect(failure.cause).toMatchObject({ code: 'DEPLOY_PROBE_FAILED' });
    expect(await readlink(bench.target)).toContain(first.record.deployment_id);
    expect(await server.health()).toMatchObject({ version: 'v1' });
    expect(await verdictOf('v1')).toBe('good');
  });

  it('is known as bad, and its bytes are not deployed again without insisting', async () => {
    await deploy('v1');
    await server.setFlaws({ v2: 'sick' });
    const { path } = await bench.bundle('v2');
    const options = { service: server.service };
    await refusalOf(bench.deploy(path, options));

    expect(await refusalOf(bench.deploy(path, options))).toMatchObject({ code: 'DEPLOY_MODEL_BAD' });

    await server.setFlaws({});
    expect(await bench.deploy(path, { ...options, retryBad: true })).toMatchObject({ state: 'live' });
  });

  it('is rolled back where it flaps while it is being watched', async () => {
    await deploy('v1');
    await server.setFlaws({ v2: 'flap' });

    const failure = await refusalOf(deploy('v2', { soakMs: 5000 }));

    expect(failure.message).toContain('while it was being watched');
    expect(await server.health()).toMatchObject({ version: 'v1' });
  });

  it('is rolled back where the server comes up with another model', async () => {
    const first = await deploy('v1');
    const other = first.artifactSha256 ?? '';
    await server.setStated(other);

    const failure = await refusalOf(deploy('v2'));

    expect(failure.message).toContain(`it runs sha256:${other}`);
    expect(await server.health()).toMatchObject({ version: 'v1' });
  });

  it('takes the link away where nothing was live before', async () => {
    await server.setFlaws({ v1: 'sick' });

    expect(await refusalOf(deploy('v1'))).toMatchObject({ code: 'DEPLOY_ROLLED_BACK' });
    await expect(readlink(bench.target)).rejects.toThrow('ENOENT');
  });
});

describe('a restart command that fails', () => {
  it('rolls back, says how it ended, and does not blame the model', async () => {
    await deploy('v1');
    const once = `if [ -f ${bench.folder}/failed ]; then ${server.restartCommand}; else touch ${bench.folder}/failed; exit 7; fi`;

    const failure = await refusalOf(deploy('v2', { restartCommand: once }));

    expect(failure).toMatchObject({ code: 'DEPLOY_ROLLED_BACK' });
    expect(failure.cause).toMatchObject({ code: 'DEPLOY_RESTART_FAILED' });
    expect(failure.message).toContain('exit code 7');
    expect(await server.health()).toMatchObject({ version: 'v1' });
  });

  it('is stuck, for a person to look, where it fails on the way back too', async () => {
    await deploy('v1');

    const failure = await refusalOf(deploy('v2', { restartCommand: 'exit 7' }));

    expect(failure).toMatchObject({ code: 'DEPLOY_STUCK', exitCode: 5, aftermath: 'partial' });
    expect((await readStatus((await bench.context()).layout)).live?.known?.version).toBe('v1');
  });

  it('is ended with all that it started where it takes too long', async () => {
    await deploy('v1');
    const slow = 'sleep 30 & wait';

    const failure = await refusalOf(deploy('v2', { restartCommand: slow, commandTimeoutMs: 200 }));

    expect(failure.message).toContain('not ended within 200 ms');
  });
});

describe('a rollback that a person asks for', () => {
  it('restarts and probes the server as the last deployment did', async () => {
    await deploy('v1');
    await deploy('v2');
    const before = await server.restarts();

    const outcome = await bench.rollBack();

    expect(outcome).toMatchObject({ state: 'live', restarted: true, service: { model: 'expected' } });
    expect(await server.restarts()).toBe(before + 1);
    expect(await server.health()).toMatchObject({ version: 'v1' });
  });

  it('puts the newer release back where the old one is not well, and blames neither', async () => {
    await deploy('v1');
    await deploy('v2');
    await server.setFlaws({ v1: 'sick' });

    const failure = await refusalOf(bench.rollBack());

    expect(failure).toMatchObject({ code: 'DEPLOY_ROLLED_BACK' });
    expect(await server.health()).toMatchObject({ version: 'v2' });
    expect(await verdictOf('v1')).toBe('good');
    expect(await verdictOf('v2')).toBe('good');
  });
});

describe('a handover that stops the server first', () => {
  const stopFirst = (): Partial<ServiceSettings> => ({
    handover: 'stop-first',
    restartCommand: null,
    stopCommand: server.stopCommand,
    startCommand: server.restartCommand,
  });

  it('stops it before the load test and starts it after the swap', async () => {
    await deploy('v1');
    let healthDuringTest: unknown = 'not asked';
    const { path } = await bench.bundle('v2');
    const context = await bench.context();
    const { engine } = context;
    const watching: typeof engine = {
      ...engine,
      async load(...args) {
        healthDuringTest = await server.health();
        return engine.load(...args);
      },
    };

    await bench.deploy(path, { service: { ...server.service, ...stopFirst() } }, { engine: watching });

    expect(healthDuringTest).toBeNull();
    expect(await server.health()).toMatchObject({ version: 'v2' });
  });

  it('starts it again with the old release where the model is refused', async () => {
    await deploy('v1');
    const { path } = await bench.bundle('v2');
    const { engine } = await bench.context();
    const refusing: typeof engine = { ...engine, load: () => Promise.reject(new Error('no such luck')) };

    const failure = await bench
      .deploy(path, { service: { ...server.service, ...stopFirst() } }, { engine: refusing })
      .catch((error: unknown) => error);

    expect(String(failure)).toContain('no such luck');
    expect(await server.health()).toMatchObject({ version: 'v1' });
  });

  it('says that nothing serves where it does not start again', async () => {
    await deploy('v1');
    const { path } = await bench.bundle('v2');
    const { engine } = await bench.context();
    const refusing: typeof engine = { ...engine, load: () => Promise.reject(new Error('no such luck')) };

    const failure = await refusalOf(
      bench.deploy(
        path,
        { service: { ...server.service, ...stopFirst(), startCommand: 'exit 3' } },
        { engine: refusing },
      ),
    );

    expect(failure).toMatchObject({ code: 'DEPLOY_SERVER_DOWN', exitCode: 5, aftermath: 'partial' });
  });
});

describe('a deployment that dies while it probes', () => {
  it('is undone by the next run, which restarts the server with what was live before', async () => {
    await deploy('v1');
    await server.setFlaws({ v2: 'silent' });
    const { path } = await bench.bundle('v2');
    const run = startDeployProcess({
      bundle: path,
      target: bench.target,
      stateDir: bench.state.path,
      holdAt: 'service',
      options: { service: { ...server.service, timeoutMs: 60_000 } },
    });
    await run.held;
    await run.kill();

    const outcome = await deploy('v3');

    expect(outcome.warnings.map(({ code }) => code)).toContain('DEPLOY_UNFINISHED_SETTLED');
    expect(outcome.previousReleaseId).toContain('_v1_');
    expect(await server.health()).toMatchObject({ version: 'v3' });
  });
});

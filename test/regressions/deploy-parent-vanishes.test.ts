/** The folder that a target lies in is taken away in the middle of it: an unmounted disk, an rm of somebody else. */
import { renameSync, rmSync } from 'node:fs';
import { access, readdir, readlink, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { soundEngine } from '../fakes/engine.ts';

let bench: DeployBench;
beforeEach(async () => {
  bench = await openDeployBench();
});
afterEach(() => bench.remove());

const STATES = ['planned', 'staging', 'load', 'load-tested', 'activating', 'probing'] as const;

/** Runs `work` once, as soon as the deployment has come to a state: `load` is while the model is loaded. */
function at(state: (typeof STATES)[number], work: () => void) {
  let isDone = false;
  const once = (): void => {
    if (isDone) return;
    isDone = true;
    work();
  };
  return {
    engine: soundEngine({
      onLoad: async () => {
        if (state === 'load') once();
      },
    }),
    onProgress: ({ step }: { readonly step: string }) => {
      if (step === state) once();
    },
  };
}

async function failureOf(deployment: Promise<unknown>): Promise<Failure> {
  const error: unknown = await deployment.then(
    () => expect.fail('It went live in a folder that was not there.'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw error;
  return error;
}

describe('the parent of a target that vanishes', () => {
  it.each(STATES)(
    'at %s and comes back holds the old release, and the next deployment works',
    async (state) => {
      const srv = join(bench.folder, 'srv');
      const gone = join(bench.folder, 'gone');
      const first = await bench.deploy((await bench.bundle('v1')).path);
      const { path } = await bench.bundle('v2');
      const failure = await failureOf(
        bench.deploy(
          path,
          {},
          at(state, () => renameSync(srv, gone)),
        ),
      );
      expect(failure.code).toMatch(/^(SYSTEM|TARGET|DEPLOY|BUNDLE|GGUF)_/);
      expect([1, 3, 4, 5]).toContain(failure.exitCode);
      await expect(access(srv)).rejects.toMatchObject({ code: 'ENOENT' });

      await rename(gone, srv);
      expect(await readdir(join(bench.target, 'model'))).toHaveLength(1);
      const next = await bench.deploy((await bench.bundle('v3')).path);
      expect(next).toMatchObject({ state: 'live', previousReleaseId: first.record.deployment_id });
      expect(basename(await readlink(bench.target))).toBe(next.record.deployment_id);
      expect((await readdir(srv)).toSorted()).toEqual(['.llm.milton', 'llm']);
      const releases = await readdir(join(srv, '.llm.milton/releases'));
      expect(releases.toSorted()).toEqual([first.record.deployment_id, next.record.deployment_id].toSorted());
    },
  );

  it.each(STATES)('at %s for good is said, and nothing is made in its place', async (state) => {
    const srv = join(bench.folder, 'srv');
    await bench.deploy((await bench.bundle('v1')).path);
    const { path } = await bench.bundle('v2');
    const failure = await failureOf(
      bench.deploy(
        path,
        {},
        at(state, () => rmSync(srv, { recursive: true })),
      ),
    );
    await expect(access(srv)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(failure.exitCode).not.toBe(70);
    expect((await bench.records()).map(({ status }) => status)).toContain('failed');
  });
});

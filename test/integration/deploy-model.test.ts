import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DEFAULT_DEPLOY_OPTIONS,
  loadTargets,
  type DeployContext,
  type DeployOptions,
} from '../../src/deploy/index.ts';
import {
  deployModel,
  findLiveVersions,
  type DeployedModel,
  type DeployModelRequest,
  type DeploySource,
} from '../../src/pipeline/index.ts';
import { openRegistry, type Registry } from '../../src/registry/index.ts';
import { hashBytes, systemClock } from '../../src/system/index.ts';
import { toCandidate, toRun } from '../fakes/benchmark-run.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { soundEngine } from '../fakes/engine.ts';
import { toEntry } from '../fakes/registry-entry.ts';

let bench: DeployBench;
let registry: Registry;

beforeEach(async () => {
  bench = await openDeployBench();
  registry = openRegistry(bench.state.registryFile, { clock: systemClock, command: 'a test' });
  for (const version of ['v1', 'v2']) {
    const path = await bench.model(`${version}.gguf`);
    const {
      timestamp: _t,
      active: _a,
      last_good: _l,
      ...entry
    } = toEntry(version, {
      metrics: { compression: { gguf_path: path } },
    });
    await registry.register(entry);
  }
  await mkdir(bench.state.runsDir, { recursive: true });
  await saveRun(toRun([toCandidate('v1'), toCandidate('v2', { cove: 99 })]));
});

afterEach(() => bench.remove());

const saveRun = (run: object): Promise<void> =>
  writeFile(join(bench.state.runsDir, 'benchmark_20260111_202801.json'), JSON.stringify(run));

const bundles = (): Promise<string[]> => readdir(bench.state.bundlesDir).catch(() => []);

interface How {
  readonly source?: Partial<Extract<DeploySource, { kind: 'run' }>>;
  readonly options?: Partial<DeployOptions>;
  readonly request?: Partial<DeployModelRequest>;
  readonly context?: Partial<DeployContext>;
}

async function deploy({ source, options, request, context }: How = {}): Promise<DeployedModel> {
  return deployModel(
    {
      source: {
        kind: 'run',
        version: null,
        benchmarkFile: null,
        runsDir: bench.state.runsDir,
        artifactType: 'gguf',
        select: {},
        allow: [],
        makeBundle: true,
        sourceDateEpochSeconds: undefined,
        tool: 'a test',
        ...source,
      },
      options: { ...DEFAULT_DEPLOY_OPTIONS, loadTestTokens: 4, ...options },
      activate: true,
      ...request,
    },
    await bench.context(context),
  );
}

describe('deployModel', () => {
  it('tells what was chosen before it starts, and makes what went live the active one', async () => {
    const heard: string[] = [];
    const deployed = await deploy({
      request: {
        onSelected: ({ result }) => heard.push(`selected ${String(result.recommended_model)}`),
        onChosen: ({ version, artifact }) => heard.push(`chosen ${version} ${artifact.type}`),
      },
    });
    expect(heard).toEqual(['selected v2', 'chosen v2 gguf']);
    expect(deployed).toMatchObject({
      outcome: { state: 'live', record: { model_version: 'v2' }, evidence: { kind: 'unbound' } },
      chosen: { candidate: { version: 'v2' } },
      bundleSizeBytes: expect.any(Number),
      activated: 'v2',
    });
    expect((await registry.get('v2')).active).toBe(true);
    expect(await bundles()).toHaveLength(1);
    expect(await deploy()).toMatchObject({ outcome: { alreadyLive: true }, activated: null });
  });

  it('leaves the registry alone where it is told to, and where the version is active already', async () => {
    expect(await deploy({ request: { activate: false } })).toMatchObject({ activated: null });
    expect((await registry.get('v2')).active).toBe(false);
    await registry.activate('v1');
    await saveRun(toRun([toCandidate('v1')]));
    expect(await deploy()).toMatchObject({ outcome: { record: { model_version: 'v1' } }, activated: null });
  });

  it('is live although the registry could not be told, and warns', async () => {
    const bundle = await bench.bundle('v2');
    await writeFile(bench.state.registryFile, 'broken');
    const options = { ...DEFAULT_DEPLOY_OPTIONS, skipLoadTest: true };
    const request = { source: { kind: 'bundle', path: bundle.path }, options, activate: true } as const;
    expect(await deployModel(request, await bench.context())).toMatchObject({
      outcome: { state: 'live' },
      activated: null,
      warnings: expect.arrayContaining([expect.objectContaining({ code: 'REGISTRY_NOT_ACTIVATED' })]),
    });
  });

  it('makes nothing active that was not made from the registry as it is now, and says so', async () => {
    const bundle = await bench.bundle('v2');
    const options = { ...DEFAULT_DEPLOY_OPTIONS, loadTestTokens: 4 };
    const request = { source: { kind: 'bundle', path: bundle.path }, options, activate: true } as const;
    expect(await deployModel(request, await bench.context())).toMatchObject({
      outcome: { state: 'live', registeredAt: null },
      activated: null,
      warnings: expect.arrayContaining([expect.objectContaining({ code: 'REGISTRY_OTHER_ENTRY' })]),
    });
    expect((await registry.get('v2')).active).toBe(false);
    const { live } = await findLiveVersions(bench.state);
    expect(live).toEqual([{ version: 'v2', registeredAt: null, targetPath: bench.target }]);
  });

  it('keeps a target on which nothing ever went live off the list', async () => {
    const poisoned = soundEngine({
      generation: { logits: { allFinite: false, allEqual: false, stepsChecked: 4 } },
    });
    await expect(deploy({ context: { engine: poisoned } })).rejects.toMatchObject({ exitCode: 3 });
    expect(await loadTargets(bench.state)).toEqual([]);
    await deploy();
    await saveRun(toRun([toCandidate('v1')]));
    await expect(deploy({ context: { engine: poisoned } })).rejects.toMatchObject({ exitCode: 3 });
    expect(await loadTargets(bench.state)).toEqual([bench.target]);
  });

  it('ships a version that is named, without a run or with the evidence of one', async () => {
    await rm(bench.state.runsDir, { recursive: true });
    expect(await deploy({ source: { version: 'v1' } })).toMatchObject({
      outcome: { record: { model_version: 'v1' }, evidence: { kind: 'none' } },
      chosen: { version: 'v1', loaded: null, candidate: null },
    });
    await mkdir(bench.state.runsDir);
    await saveRun(toRun([toCandidate('v2', { cove: 1 })]));
    const source = { version: 'v2', benchmarkFile: 'benchmark_20260111_202801' };
    expect(await deploy({ source })).toMatchObject({
      outcome: { record: { model_version: 'v2' }, evidence: { kind: 'unbound' } },
    });
    await expect(deploy({ source: { ...source, version: 'v1' } })).rejects.toMatchObject({
      code: 'PIPELINE_CANDIDATE_UNKNOWN',
    });
  });

  it('makes no bundle in a dry run, nor where none is wanted', async () => {
    expect(await deploy({ options: { dryRun: true } })).toMatchObject({
      outcome: { state: 'dry-run', bundlePath: null },
      bundleSizeBytes: null,
      activated: null,
    });
    expect(await deploy({ source: { makeBundle: false } })).toMatchObject({
      outcome: {
        state: 'live',
        bundlePath: null,
        record: { bundle_id: expect.stringMatching(/^deploy_v2_/) },
      },
    });
    expect(await bundles()).toEqual([]);
  });

  it('takes the bundle of a refused model away again, so that refusals do not fill the disk', async () => {
    const engine = soundEngine({
      generation: { logits: { allFinite: false, allEqual: false, stepsChecked: 4 } },
    });
    await expect(deploy({ context: { engine } })).rejects.toMatchObject({ code: 'DEPLOY_LOAD_TEST_FAILED' });
    expect(await bundles()).toEqual([]);
    expect(await bench.records()).toMatchObject([{ model_version: 'v2', status: 'failed' }]);
  });

  it('packs nothing where the target would refuse it', async () => {
    await writeFile(bench.target, 'mine');
    await expect(deploy()).rejects.toMatchObject({ code: 'TARGET_NOT_OURS', aftermath: 'unchanged' });
    await rm(bench.target);
    await expect(deploy({ context: { engine: soundEngine({ available: false }) } })).rejects.toMatchObject({
      code: 'DEPLOY_NO_ENGINE',
    });
    expect(await bundles()).toEqual([]);
    expect(await bench.records()).toHaveLength(2);
  });

  it('records the version as soon as it is known, and nothing else is written', async () => {
    await saveRun(toRun([toCandidate('v1', { cove: 10 })]));
    await expect(deploy()).rejects.toMatchObject({ code: 'SELECT_NONE_PASSED', aftermath: 'unchanged' });
    await saveRun(toRun([toCandidate('v9')]));
    await expect(deploy()).rejects.toMatchObject({ code: 'REGISTRY_VERSION_UNKNOWN' });
    const versions = (await bench.records()).map((record) => record['model_version']);
    expect(new Set(versions)).toEqual(new Set(['unknown', 'v9']));
    expect(await readdir(join(bench.folder, 'srv'))).toEqual([]);
  });

  it('refuses bytes that are not those of the evidence', async () => {
    const artifact = {
      type: 'gguf',
      path: '/x',
      sha256: hashBytes(new Uint8Array()),
      size_bytes: 1,
    } as const;
    await saveRun(toRun([toCandidate('v1', {}, { artifact })]));
    await expect(deploy()).rejects.toMatchObject({ code: 'EVIDENCE_MISMATCH', exitCode: 3 });
    expect(await bundles()).toEqual([]);
  });

  it('stops before it packs when it was interrupted, and takes back a bundle that it made', async () => {
    const early = AbortSignal.abort(new Error('stop'));
    await expect(deploy({ context: { signal: early } })).rejects.toThrow();
    const late = new AbortController();
    const engine = soundEngine({ onLoad: async () => late.abort(new Error('stop')) });
    await expect(deploy({ context: { engine, signal: late.signal } })).rejects.toThrow();
    expect(await bundles()).toEqual([]);
    expect(await readdir(join(bench.folder, 'srv/.llm.milton/releases'))).toEqual([]);
  });

  it('records an attempt whose bundle could not be written', async () => {
    // A file in the way of the folder stops every user, root too.
    await writeFile(bench.state.bundlesDir, 'in the way');
    await expect(deploy()).rejects.toMatchObject({ aftermath: 'unchanged' });
    expect(await bench.records()).toHaveLength(1);
  });
});

/** A folder with models, bundles, a state directory and a place for targets: what tests of deployments start from. */
import type { Stats } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBundle, openArtifact, type BundleInput, type CreatedBundle } from '../../src/bundle/index.ts';
import {
  DEFAULT_DEPLOY_OPTIONS,
  deployRelease,
  readJournal,
  resolveTarget,
  rollBack,
  type DeployContext,
  type DeployOptions,
  type DeploymentOutcome,
  type JournalLine,
  type ReleaseOrigin,
  type RollbackOptions,
} from '../../src/deploy/index.ts';
import { compareCodeUnits } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { ggufBytes, sampleModel, type SampleModelOptions } from '../../src/gguf/index.ts';
import { hashBytes, stateDirectory, systemClock, type StateDirectory } from '../../src/system/index.ts';
import { soundEngine } from './engine.ts';

/** Small enough to be packed in no time: about 300 kB. */
const SMALL: SampleModelOptions = { blockCount: 1, embeddingLength: 64, feedForwardLength: 64 };

const ROLLBACK: RollbackOptions = {
  to: null,
  now: null,
  loadTestTokens: 4,
  loadTestTimeoutMs: null,
  allowNetworkFs: false,
  retryBad: false,
  service: null,
};

export interface DeployBench {
  readonly folder: string;
  /** The default target path: it does not exist yet, its parent does. */
  readonly target: string;
  readonly state: StateDirectory;
  /** Writes a GGUF and gives its path. */
  model(name: string, options?: SampleModelOptions): Promise<string>;
  /** What a bundle or a release of a model is made of. */
  input(path: string, version: string): Promise<BundleInput>;
  /** A model of its own for each version, packed. */
  bundle(version: string, options?: SampleModelOptions): Promise<CreatedBundle>;
  context(rest?: Partial<DeployContext>): Promise<DeployContext>;
  deploy(
    origin: ReleaseOrigin | string,
    options?: Partial<DeployOptions>,
    rest?: Partial<DeployContext>,
  ): Promise<DeploymentOutcome>;
  rollBack(options?: Partial<RollbackOptions>, rest?: Partial<DeployContext>): Promise<DeploymentOutcome>;
  journal(): Promise<readonly JournalLine[]>;
  records(): Promise<readonly Record<string, unknown>[]>;
  remove(): Promise<void>;
}

export async function openDeployBench({
  engine = soundEngine(),
}: { readonly engine?: Engine } = {}): Promise<DeployBench> {
  const folder = await mkdtemp(join(tmpdir(), 'milton-deploy-'));
  const target = join(folder, 'srv', 'llm');
  const state = stateDirectory(join(folder, 'state'));
  await mkdir(join(folder, 'srv'));
  let seed = 0;
  const bench: DeployBench = {
    folder,
    target,
    state,
    async model(name, options = {}) {
      const path = join(folder, name);
      seed += 1;
      await writeFile(path, await ggufBytes(sampleModel({ ...SMALL, seed, ...options })));
      return path;
    },
    async input(path, version) {
      const artifact = await openArtifact(path, { type: 'gguf' });
      return { artifact, version, run: null, candidate: null, registryEntry: null, clock: systemClock };
    },
    async bundle(version, options) {
      const path = await bench.model(`${version}.gguf`, options);
      return createBundle({ ...(await bench.input(path, version)), outDir: state.bundlesDir });
    },
    async context(rest = {}) {
      // The policy of the machine that runs the tests is not theirs.
      const systemPolicyFile = join(folder, 'etc/policy.json');
      const layout = await resolveTarget(target, state);
      return { layout, state, engine, clock: systemClock, systemPolicyFile, ...rest };
    },
    async deploy(origin, options = {}, rest = {}) {
      const from: ReleaseOrigin = typeof origin === 'string' ? { kind: 'bundle', path: origin } : origin;
      const all = { ...DEFAULT_DEPLOY_OPTIONS, loadTestTokens: 4, ...options };
      return deployRelease(from, all, await bench.context(rest));
    },
    async rollBack(options = {}, rest = {}) {
      return rollBack({ ...ROLLBACK, ...options }, await bench.context(rest));
    },
    async journal() {
      return readJournal((await bench.context()).layout.journalFile);
    },
    async records() {
      const names = (await readdir(state.historyDir).catch(() => [])).filter(
        (name) => !name.startsWith('details_'),
      );
      const texts = names.toSorted().map((name) => readFile(join(state.historyDir, name), 'utf8'));
      return (await Promise.all(texts)).map((text) => JSON.parse(text) as Record<string, unknown>);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  return bench;
}

/** Every name below a folder with its mode and its content's digest or link text: equal trees are the same tree. */
export async function readTree(folder: string): Promise<ReadonlyMap<string, string>> {
  const tree = new Map<string, string>();
  const visit = async (below: string): Promise<void> => {
    const names = await readdir(join(folder, below)).catch(() => []);
    for (const name of names.toSorted(compareCodeUnits)) {
      const path = join(folder, below, name);
      const stats = await lstat(path);
      tree.set(join(below, name), await describeEntry(path, stats));
      if (stats.isDirectory()) await visit(join(below, name));
    }
  };
  await visit('');
  return tree;
}

async function describeEntry(path: string, stats: Stats): Promise<string> {
  const mode = (stats.mode & 0o7777).toString(8);
  if (stats.isSymbolicLink()) return `→ ${await readlink(path)}`;
  if (stats.isDirectory()) return `${mode}/`;
  if (!stats.isFile()) return `${mode} special`;
  return `${mode} ${hashBytes(await readFile(path))}`;
}

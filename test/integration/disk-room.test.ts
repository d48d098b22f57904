/** How much room packing and deploying take, on real file systems, and that both ask for just that before they write. */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleRoomBytes, createBundle, openArtifact, verifyBundle } from '../../src/bundle/index.ts';
import { DEFAULT_DEPLOY_OPTIONS, resolveTarget, type DeployContext } from '../../src/deploy/index.ts';
import { deployModel, type DeployedModel, type DeploySource } from '../../src/pipeline/index.ts';
import { openRegistry } from '../../src/registry/index.ts';
import { stateDirectory, systemClock, withFileSource, type StateDirectory } from '../../src/system/index.ts';
import { soundEngine } from '../fakes/engine.ts';
import { toEntry } from '../fakes/registry-entry.ts';
import { canMakeDisk, makeDisk, type SmallDisk } from '../fakes/small-disk.ts';
import { inputOf, smallGguf, withFolder } from '../unit/bundle/bundle-fixtures.ts';

const MIB = 2 ** 20;
/** What a deployment asks for beyond the release, and packing beyond the bundle. */
const RELEASE_MARGIN_BYTES = 16 * MIB;

describe.skipIf(!canMakeDisk('ext4'))('a small ext4 disk (needs root and loop devices)', () => {
  let disk: SmallDisk;
  beforeEach(() => {
    disk = makeDisk('ext4');
  });
  afterEach(() => disk.remove());

  it('takes a bundle where its own size and the margin are free, and refuses it before a byte where a block less is', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'model.gguf');
      await writeFile(path, await smallGguf(30 * MIB));
      const input = inputOf(await openArtifact(path, { type: 'gguf' }));
      const neededBytes = await bundleRoomBytes(input);
      const outDir = join(disk.path, 'new/out');
      await disk.leaveFree(neededBytes - 4096);
      const before = await readdir(disk.path);
      await expect(createBundle({ ...input, outDir })).rejects.toMatchObject({
        code: 'BUNDLE_NO_ROOM',
        exitCode: 1,
        aftermath: 'unchanged',
        details: { expected: `${neededBytes} bytes free`, received: `${await disk.freeBytes()} bytes free` },
      });
      expect(await readdir(disk.path)).toEqual(before);
      await disk.leaveFree(neededBytes);
      const bundle = await createBundle({ ...input, outDir });
      expect(bundle.sizeBytes).toBeLessThan(neededBytes);
      await withFileSource(bundle.path, (source) => verifyBundle(source));
      expect(await readdir(outDir)).toHaveLength(1);
    });
  });

  it.each(['a bundle', 'the artifact itself'])(
    'takes a release of %s where its own size and the margin are free, and refuses it before a byte where a block less is',
    async (from) => {
      await withShop(disk, async (shop) => {
        const sizeBytes = await shop.register('v1', 30 * MIB);
        const source =
          from === 'a bundle' ? await shop.pack('v1') : ({ kind: 'run', makeBundle: false } as const);
        await disk.leaveFree(sizeBytes + RELEASE_MARGIN_BYTES - 4096);
        const before = await readdir(disk.path);
        await expect(shop.deploy(source)).rejects.toMatchObject({
          code: 'TARGET_DISK_SHORT',
          aftermath: 'unchanged',
          details: {
            expected: `${sizeBytes + RELEASE_MARGIN_BYTES} bytes free`,
            received: `${await disk.freeBytes()} bytes free`,
          },
        });
        expect(await readdir(disk.path)).toEqual(before);
        await disk.leaveFree(sizeBytes + RELEASE_MARGIN_BYTES);
        expect((await shop.deploy(source)).outcome).toMatchObject({ state: 'live' });
        expect(await disk.freeBytes()).toBeGreaterThan(RELEASE_MARGIN_BYTES - MIB);
      });
    },
  );

  it('that holds bundles and target is asked for both together, and for one of them with --no-bundle', async () => {
    await withShop(disk, { stateOnDisk: true }, async (shop) => {
      const sizeBytes = await shop.register('v1', 30 * MIB);
      const together = (await bundleRoomBytes(await shop.input('v1'))) + sizeBytes + RELEASE_MARGIN_BYTES;
      await disk.leaveFree(together - 8192);
      const before = await shop.names();
      const refused = shop.deploy({ kind: 'run' });
      await expect(refused).rejects.toMatchObject({
        code: 'TARGET_DISK_SHORT',
        hint: expect.stringMatching(/--no-bundle$/),
        details: { expected: `${together} bytes free`, received: `${await disk.freeBytes()} bytes free` },
      });
      await expect(refused).rejects.toThrow(
        /the bundle \(32\.\d MB\) and this release need 8\d\.\d MB together/,
      );
      // The record of the attempt is all.
      expect((await shop.names()).filter((name) => !name.includes('deployment_history'))).toEqual(before);
      expect((await shop.deploy({ kind: 'run', makeBundle: false })).outcome).toMatchObject({
        state: 'live',
      });
    });
  });

  it('that holds bundles and target takes both where there is just the room for both', async () => {
    await withShop(disk, { stateOnDisk: true }, async (shop) => {
      const sizeBytes = await shop.register('v1', 30 * MIB);
      await disk.leaveFree(
        (await bundleRoomBytes(await shop.input('v1'))) + sizeBytes + RELEASE_MARGIN_BYTES,
      );
      const { outcome, bundleSizeBytes } = await shop.deploy({ kind: 'run' });
      expect(outcome.state).toBe('live');
      expect(bundleSizeBytes).toBeGreaterThan(sizeBytes);
    });
  });

  it('is judged for the default target before its folder is made', async () => {
    await withShop(disk, { stateOnDisk: true, target: null }, async (shop) => {
      await shop.register('v1', 30 * MIB);
      await disk.leaveFree(40 * MIB);
      await expect(shop.deploy({ kind: 'run' })).rejects.toMatchObject({ code: 'TARGET_DISK_SHORT' });
      expect((await shop.names()).filter((name) => /^state\/(bundles|deployments)\b/.test(name))).toEqual([]);
    });
  });

  it('that another program fills up during a deployment without a bundle is left as it was', async () => {
    await withShop(disk, async (shop) => {
      await shop.register('v1', 30 * MIB);
      let isFull = false;
      const onProgress = ({ kind }: { readonly kind: string }): void => {
        if (kind !== 'bytes' || isFull) return;
        isFull = true;
        execFileSync('sh', ['-c', 'head -c 1G /dev/zero > "$0" || true', join(disk.path, 'other')], {
          stdio: 'ignore',
        });
      };
      await expect(shop.deploy({ kind: 'run', makeBundle: false }, { onProgress })).rejects.toMatchObject({
        code: 'SYSTEM_DISK_FULL',
        aftermath: 'unchanged',
      });
      expect(isFull).toBe(true);
      expect((await shop.names()).filter((name) => /partial|deploy_|\/llm$/.test(name))).toEqual([]);
    });
  });
});

describe.each(['btrfs', 'xfs'] as const)('a small %s disk (needs root and loop devices)', (type) => {
  describe.skipIf(!canMakeDisk(type))('with the artifact on it', () => {
    let disk: SmallDisk;
    beforeEach(() => {
      disk = makeDisk(type);
    });
    afterEach(() => disk.remove());

    it('takes a release with --no-bundle that shares every block of its weights, with less free than they are large', async () => {
      await withShop(disk, { modelsOnDisk: true }, async (shop) => {
        const sizeBytes = await shop.register('v1', 64 * MIB);
        await disk.leaveFree(RELEASE_MARGIN_BYTES + 8 * MIB);
        const before = await disk.freeBytes();
        const { outcome } = await shop.deploy({ kind: 'run', makeBundle: false });
        disk.flush();
        const takenBytes = before - (await disk.freeBytes());
        expect(takenBytes).toBeLessThan(4 * MIB);
        const model = join(outcome.releasePath ?? '', 'model/v1.gguf');
        const extents = execFileSync('filefrag', ['-v', model], { encoding: 'utf8' })
          .split('\n')
          .filter((line) => /^\s*\d+:/.test(line));
        expect(extents.length).toBeGreaterThan(0);
        expect(extents.filter((line) => !line.includes('shared'))).toEqual([]);
        expect(sizeBytes).toBeGreaterThan(64 * MIB - 1);
        execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: outcome.releasePath ?? '' });
      });
    });

    it('refuses the same model through a bundle, which shares nothing, and from another file system', async () => {
      await withShop(disk, { modelsOnDisk: true }, async (shop) => {
        await shop.register('v1', 64 * MIB);
        const packed = await shop.pack('v1');
        await disk.leaveFree(RELEASE_MARGIN_BYTES + 8 * MIB);
        const before = await readdir(disk.path);
        await expect(shop.deploy(packed)).rejects.toMatchObject({ code: 'TARGET_DISK_SHORT' });
        const elsewhere = join(shop.folder, 'elsewhere.gguf');
        await copyFile(join(disk.path, 'models/v1.gguf'), elsewhere);
        await shop.registerPath('v1', elsewhere);
        await expect(shop.deploy({ kind: 'run', makeBundle: false })).rejects.toMatchObject({
          code: 'TARGET_DISK_SHORT',
        });
        expect(await readdir(disk.path)).toEqual(before);
      });
    });
  });
});

type RunSource = Extract<DeploySource, { kind: 'run' }>;
type Source = Extract<DeploySource, { kind: 'bundle' }> | (Pick<RunSource, 'kind'> & Partial<RunSource>);

interface Shop {
  /** Not on the disk. */
  readonly folder: string;
  /** Writes and registers a model of about that size; gives the exact one. */
  register(version: string, sizeBytes: number): Promise<number>;
  registerPath(version: string, path: string): Promise<void>;
  input(version: string): Promise<ReturnType<typeof inputOf>>;
  pack(version: string): Promise<Source>;
  deploy(source: Source, rest?: Partial<DeployContext>): Promise<DeployedModel>;
  /** Everything on the disk. */
  names(): Promise<readonly string[]>;
}

interface ShopOptions {
  readonly stateOnDisk?: boolean;
  readonly modelsOnDisk?: boolean;
  /** Null for the target in the state directory. */
  readonly target?: null;
}

async function withShop(
  disk: SmallDisk,
  ...rest: readonly [(shop: Shop) => Promise<void>] | readonly [ShopOptions, (shop: Shop) => Promise<void>]
): Promise<void> {
  const [options, use] = rest.length === 1 ? [{}, rest[0]] : rest;
  await withFolder(async (folder) => use(await openShop(disk, folder, options)));
}

async function openShop(disk: SmallDisk, folder: string, options: ShopOptions): Promise<Shop> {
  const state: StateDirectory = stateDirectory(
    join(options.stateOnDisk === true ? disk.path : folder, 'state'),
  );
  const models = join(options.modelsOnDisk === true ? disk.path : folder, 'models');
  const registry = openRegistry(state.registryFile, { clock: systemClock, command: 'a test' });
  const layout = await resolveTarget(options.target === null ? null : join(disk.path, 'llm'), state);
  const modelPath = (version: string): string => join(models, `${version}.gguf`);
  const shop: Shop = {
    folder,
    async register(version, sizeBytes) {
      const bytes = await smallGguf(sizeBytes);
      await mkdir(models, { recursive: true });
      await writeFile(modelPath(version), bytes);
      disk.flush();
      await shop.registerPath(version, modelPath(version));
      return bytes.length;
    },
    async registerPath(version, path) {
      const entry = toEntry(version, { metrics: { compression: { gguf_path: path } } });
      const { timestamp: _t, active: _a, last_good: _l, ...rest } = entry;
      await registry.register(rest);
    },
    async input(version) {
      const artifact = await openArtifact(modelPath(version), { type: 'gguf' });
      return {
        ...inputOf(artifact),
        version,
        registryEntry: await registry.getTree(version),
        tool: 'a test',
      };
    },
    async pack(version) {
      const { path } = await createBundle({ ...(await shop.input(version)), outDir: join(folder, 'out') });
      return { kind: 'bundle', path };
    },
    async deploy(source, rest = {}) {
      const run: RunSource = {
        kind: 'run',
        version: 'v1',
        benchmarkFile: null,
        runsDir: state.runsDir,
        artifactType: 'gguf',
        select: {},
        allow: [],
        makeBundle: true,
        sourceDateEpochSeconds: undefined,
        tool: 'a test',
      };
      return deployModel(
        {
          source: source.kind === 'bundle' ? source : { ...run, ...source },
          options: { ...DEFAULT_DEPLOY_OPTIONS, skipLoadTest: true },
          activate: false,
        },
        { layout, state, engine: soundEngine(), clock: systemClock, ...rest },
      );
    },
    names: async () => (await readdir(disk.path, { recursive: true })).toSorted(),
  };
  return shop;
}

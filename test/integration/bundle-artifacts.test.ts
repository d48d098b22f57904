import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createBundle,
  extractBundle,
  inspectBundle,
  openArtifact,
  stageArtifact,
  verifyBundle,
} from '../../src/bundle/index.ts';
import { ggufBytes, shardName, type GgufModel } from '../../src/gguf/index.ts';
import { withFileSource } from '../../src/system/index.ts';
import {
  inputOf,
  noise,
  NOW,
  privateFolder,
  sha256,
  smallGguf,
  withFolder,
} from '../unit/bundle/bundle-fixtures.ts';

describe('a split GGUF', () => {
  it('is all of its shards, whichever was named', async () => {
    await withFolder(async (folder) => {
      const names = await writeShards(folder, 3);
      for (const name of [...names, '.']) {
        const artifact = await openArtifact(join(folder, name), { type: 'gguf' });
        expect(artifact.files.map(({ path }) => path)).toEqual(names.map((shard) => `model/${shard}`));
        expect(artifact).toMatchObject({ shardCount: 3, path: join(folder, names[0] ?? '') });
        expect(artifact.facts).toMatchObject({
          tensorCount: 3,
          parameterCount: 3 * 32 * 8,
          architecture: 'llama',
        });
        expect(artifact.memory.weightsBytes).toBe(3 * 32 * 8 * 4);
        expect(artifact.totalSizeBytes).toBe(artifact.facts.sizeBytes);
      }
    });
  });

  it('travels as all of its shards, in order', async () => {
    await withFolder(async (folder) => {
      const names = await writeShards(folder, 3);
      const artifact = await openArtifact(join(folder, names[1] ?? ''), { type: 'gguf' });
      const bundle = await createBundle({ ...inputOf(artifact), outDir: join(folder, 'out') });
      expect(bundle.edge.artifact).toMatchObject({ shards: 3, tensor_count: 3 });
      expect(bundle.manifest.model_path).toBe(names[0]);
      const staging = await privateFolder(folder);
      const { fileCount, artifactSha256 } = await withFileSource(bundle.path, (source) =>
        extractBundle(source, staging),
      );
      expect(fileCount).toBe(3);
      expect(artifactSha256).toBe(bundle.artifactSha256);
      for (const name of names)
        expect(
          (await readFile(join(staging, 'model', name))).equals(await readFile(join(folder, name))),
        ).toBe(true);
    });
  });

  it('is refused where a shard is missing, and the refusal names it', async () => {
    await withFolder(async (folder) => {
      const names = await writeShards(folder, 3);
      await rm(join(folder, names[1] ?? ''));
      await expect(openArtifact(join(folder, names[2] ?? ''), { type: 'gguf' })).rejects.toMatchObject({
        code: 'BUNDLE_SHARD_MISSING',
        exitCode: 3,
        message: `${names[1]} is missing: a split GGUF ships whole or not at all.`,
      });
    });
  });

  it('is refused where two shards were swapped', async () => {
    await withFolder(async (folder) => {
      const [first = '', second = ''] = await writeShards(folder, 2);
      await rename(join(folder, first), join(folder, 'x'));
      await rename(join(folder, second), join(folder, first));
      await rename(join(folder, 'x'), join(folder, second));
      await expect(openArtifact(join(folder, first), { type: 'gguf' })).rejects.toMatchObject({
        exitCode: 3,
      });
    });
  });

  it('is refused under a name that hides the other shards', async () => {
    await withFolder(async (folder) => {
      const [first = ''] = await writeShards(folder, 2);
      await copyFile(join(folder, first), join(folder, 'model.gguf'));
      await expect(openArtifact(join(folder, 'model.gguf'), { type: 'gguf' })).rejects.toMatchObject({
        exitCode: 3,
      });
    });
  });

  it('is not guessed from a folder with another model in it', async () => {
    await withFolder(async (folder) => {
      await writeShards(folder, 2);
      await writeFile(join(folder, 'other.gguf'), await smallGguf());
      await expect(openArtifact(folder, { type: 'gguf' })).rejects.toMatchObject({
        code: 'BUNDLE_ARTIFACT_MISFIT',
      });
    });
  });
});

describe('a Hugging Face directory', () => {
  it('travels as the files that belong to it', async () => {
    await withFolder(async (folder) => {
      const directory = await writeDirectory(folder);
      const artifact = await openArtifact(directory, { type: 'hf-distilled' });
      const bundle = await createBundle({ ...inputOf(artifact), outDir: join(folder, 'out') });
      expect(bundle.manifest).toMatchObject({
        artifact_type: 'hf-distilled',
        model_path: 'distilled',
        total_size_bytes: artifact.totalSizeBytes,
      });
      expect(bundle.edge.artifact).toMatchObject({
        type: 'hf-distilled',
        architecture: 'LlamaForCausalLM',
        shards: null,
      });
      expect(bundle.edge.requires).toMatchObject({ memory_bytes: null, disk_bytes: artifact.totalSizeBytes });
      const { metadata, fileCount } = await withFileSource(bundle.path, verifyBundle);
      expect(fileCount).toBe(artifact.files.length);
      expect(Object.keys(metadata.manifest.files)).toContain('model/model.safetensors');
      execFileSync('tar', ['xzf', bundle.path, '-C', folder]);
      execFileSync('sha256sum', ['--strict', '--quiet', '-c', 'SHA256SUMS'], {
        cwd: join(folder, bundle.bundleId),
      });
    });
  });
});

describe('stageArtifact', () => {
  it('makes the files of a bundle without the bundle', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'model.gguf'), await smallGguf(6_000_000));
      const artifact = await openArtifact(join(folder, 'model.gguf'), { type: 'gguf' });
      const staging = await privateFolder(folder);
      const done: number[] = [];
      const staged = await stageArtifact({
        ...inputOf(artifact),
        directory: staging,
        onProgress: (event) => done.push(event.kind === 'bytes' ? event.doneBytes : 0),
      });
      const bundle = await createBundle({ ...inputOf(artifact), outDir: join(folder, 'out') });
      expect(staged.manifest).toEqual(bundle.manifest);
      expect(staged.edge).toEqual(bundle.edge);
      expect(staged.artifactSha256).toBe(bundle.artifactSha256);
      expect(done.at(-1)).toBe(artifact.totalSizeBytes);
      execFileSync('tar', ['xzf', bundle.path, '-C', folder]);
      execFileSync('diff', ['-r', staging, join(folder, bundle.bundleId)]);
      expect((await stat(join(staging, 'model/model.gguf'))).mode & 0o777).toBe(0o600);
    });
  });

  it('leaves the folder empty when it is interrupted, and when the artifact has changed', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'model.gguf');
      await writeFile(path, await smallGguf(20_000_000));
      const artifact = await openArtifact(path, { type: 'gguf' });
      const staging = await privateFolder(folder);
      const controller = new AbortController();
      const onProgress = (): void => controller.abort();
      const input = { ...inputOf(artifact), directory: staging };
      await expect(stageArtifact({ ...input, signal: controller.signal, onProgress })).rejects.toMatchObject({
        code: 'CORE_INTERRUPTED',
      });
      expect(await readdir(staging)).toEqual([]);
      await writeFile(path, noise(artifact.totalSizeBytes));
      await expect(stageArtifact(input)).rejects.toMatchObject({ code: 'BUNDLE_SOURCE_CHANGED' });
      expect(await readdir(staging)).toEqual([]);
    });
  });

  it('refuses a folder with something in it, which stays', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'model.gguf'), await smallGguf());
      const artifact = await openArtifact(join(folder, 'model.gguf'), { type: 'gguf' });
      await expect(stageArtifact({ ...inputOf(artifact), directory: folder })).rejects.toMatchObject({
        code: 'BUNDLE_DIRECTORY_UNFIT',
      });
      expect(await readdir(folder)).toEqual(['model.gguf']);
    });
  });
});

describe('the metadata of a bundle', () => {
  it('name the digest of several files as that of their lines in SHA256SUMS', async () => {
    await withFolder(async (folder) => {
      const names = await writeShards(folder, 2);
      const artifact = await openArtifact(join(folder, names[0] ?? ''), { type: 'gguf' });
      const { path, artifactSha256 } = await createBundle({
        ...inputOf(artifact),
        outDir: join(folder, 'out'),
      });
      const lines = await Promise.all(
        names.map(async (name) => `${sha256(await readFile(join(folder, name)))}  model/${name}\n`),
      );
      expect(artifactSha256).toBe(sha256(lines.join('')));
      const { manifest } = await withFileSource(path, inspectBundle);
      expect(manifest.created_at).toBe(NOW.toISOString().replace('Z', '+00:00'));
    });
  });
});

/** Shards as llama-gguf-split leaves them: the metadata in the first, split keys in each. */
async function writeShards(folder: string, count: number): Promise<readonly string[]> {
  const names: string[] = [];
  for (let no = 0; no < count; no += 1) {
    const model: GgufModel = {
      metadata: [
        ...(no === 0
          ? ([
              ['general.architecture', { kind: 'string', value: 'llama' }],
              ['llama.context_length', { kind: 'uint32', value: 64 }],
            ] as const)
          : []),
        ['split.no', { kind: 'uint16', value: no }],
        ['split.count', { kind: 'uint16', value: count }],
        ['split.tensors.count', { kind: 'int32', value: count }],
      ],
      tensors: [{ name: `tensor.${no}`, dims: [32, 8], type: 'F32', data: noise(32 * 8 * 4, no) }],
    };
    const name = shardName('model', no + 1, count);
    names.push(name);
    await writeFile(join(folder, name), await ggufBytes(model));
  }
  return names;
}

async function writeDirectory(folder: string): Promise<string> {
  const directory = join(folder, 'distilled');
  await mkdir(directory);
  const config = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    hidden_size: 8,
    num_hidden_layers: 1,
    vocab_size: 8,
  };
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  await writeFile(
    join(directory, 'tokenizer.json'),
    JSON.stringify({ version: '1.0', model: { type: 'BPE', vocab: {}, merges: [] } }),
  );
  await writeFile(join(directory, 'tokenizer_config.json'), '{}');
  const header = Buffer.from(
    JSON.stringify({ weight: { dtype: 'F32', shape: [8, 8], data_offsets: [0, 256] } }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await writeFile(join(directory, 'model.safetensors'), Buffer.concat([length, header, noise(256)]));
  return directory;
}

import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { createGunzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  createBundle,
  inspectBundle,
  openArtifact,
  verifyBundle,
  type Artifact,
} from '../../src/bundle/index.ts';
import { parseJsonTree, type JsonObject, type JsonTreeObject } from '../../src/core/index.ts';
import { EvidenceFailure, type BenchmarkRun, type Candidate } from '../../src/evidence/index.ts';
import { systemClock, withFileSource } from '../../src/system/index.ts';
import {
  hasPython,
  inputOf,
  makeBundle,
  noise,
  NOW,
  sha256,
  smallGguf,
  TOP,
  withFolder,
} from '../unit/bundle/bundle-fixtures.ts';
import { MANIFEST_KEYS } from '../fakes/closed-keys.ts';

describe('createBundle', () => {
  it('makes what GNU tar unpacks without a word and sha256sum finds right', async () => {
    await withFolder(async (folder) => {
      const { path, bundleId } = await makeBundle(folder, { sizeBytes: 300_000 });
      const tar = spawnSync('tar', ['xzf', path, '-C', folder], { encoding: 'utf8' });
      expect({ status: tar.status, stderr: tar.stderr }).toEqual({ status: 0, stderr: '' });
      const check = spawnSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], {
        cwd: join(folder, bundleId),
        encoding: 'utf8',
      });
      expect(check.stderr).toBe('');
      expect(check.status).toBe(0);
      expect(check.stdout.trim().split('\n')).toHaveLength(5);
      expect(await readFile(join(folder, bundleId, 'model/model-f32.gguf'))).toEqual(
        await readFile(join(folder, 'model-f32.gguf')),
      );
    });
  });

  it.skipIf(!hasPython)(
    'makes what the tarfile of Python reads, with the nine keys that its loader knows (needs python3)',
    async () => {
      await withFolder(async (folder) => {
        const { path } = await makeBundle(folder);
        const script = [
          'import json, sys, tarfile',
          't = tarfile.open(sys.argv[1])',
          'top = t.getnames()[0].split("/")[0]',
          'read = lambda name: t.extractfile(top + "/" + name).read()',
          'print(json.dumps({"names": t.getnames(), "manifest": json.loads(read("manifest.json")),',
          '  "summary": json.loads(read("benchmark_summary.json")), "entry": json.loads(read("registry_entry.json"))}))',
        ].join('\n');
        const read = JSON.parse(
          execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }),
        ) as Record<string, JsonObject>;
        expect(read['names']).toEqual(
          [
            'manifest.json',
            'edge.json',
            'registry_entry.json',
            'benchmark_summary.json',
            'SHA256SUMS',
            'model/model-f32.gguf',
          ].map((name) => `${TOP}/${name}`),
        );
        expect(Object.keys(read['manifest'] ?? {})).toEqual(MANIFEST_KEYS);
        expect(Object.keys(read['summary'] ?? {}).toSorted()).toEqual([
          'metrics',
          'model_version',
          'run_id',
          'timestamp',
        ]);
        expect(Object.keys(read['entry'] ?? {}).toSorted()).toEqual([
          'active',
          'base_model',
          'commit_hash',
          'distilled_from',
          'last_good',
          'metrics',
          'model_path',
          'quantization',
          'timestamp',
          'version',
        ]);
      });
    },
  );

  it('makes what tar-stream, a second opinion, reads entry by entry', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder, { sizeBytes: 200_000 });
      const parser = extract();
      const received: { name: string; type: string | null | undefined; digest: string }[] = [];
      parser.on('entry', (header, stream, next) => {
        const parts: Buffer[] = [];
        stream.on('data', (part) => parts.push(part as Buffer));
        stream.on('end', () => {
          received.push({ name: header.name, type: header.type, digest: sha256(Buffer.concat(parts)) });
          next();
        });
      });
      const gunzip = createGunzip();
      const done = new Promise<void>((resolve, reject) => {
        parser.on('finish', () => resolve());
        parser.on('error', reject);
      });
      gunzip.pipe(parser);
      gunzip.end(await readFile(path));
      await done;
      expect(received).toHaveLength(6);
      expect(received.at(-1)).toEqual({
        name: `${TOP}/model/model-f32.gguf`,
        type: 'file',
        digest: sha256(await readFile(join(folder, 'model-f32.gguf'))),
      });
    });
  });

  it('passes gzip -t, and keeps its metadata in the first 64 KiB', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder);
      execFileSync('gzip', ['-t', path]);
      const bytes = await readFile(path);
      expect(bytes.subarray(65_536, 65_546).toString('hex')).toBe('1f8b08000000000000ff');
      expect(bytes.indexOf('SHA256SUMS')).toBeLessThan(65_536);
    });
  });

  it('says what it made, and that is what is in the file', async () => {
    await withFolder(async (folder) => {
      const bundle = await makeBundle(folder);
      const metadata = await withFileSource(bundle.path, inspectBundle);
      expect(metadata.manifest).toEqual(bundle.manifest);
      expect(metadata.edge).toEqual(bundle.edge);
      expect(metadata.sizeBytes).toBe(bundle.sizeBytes);
      expect(bundle.artifactSha256).toBe(sha256(await readFile(join(folder, 'model-f32.gguf'))));
      expect(bundle.edge.artifact).toMatchObject({
        type: 'gguf',
        architecture: 'llama',
        quantization: 'F32',
        shards: 1,
        context_length: 512,
      });
      expect(bundle.edge.requires.memory_context_tokens).toBe(512);
      expect(bundle.manifest.model_path).toBe('model-f32.gguf');
      expect(bundle.path).toBe(join(folder, 'out', 'milton_edge_bundle_v1.0_20260111_202801.tar.gz'));
    });
  });

  it('records the whole path only where that is wanted', async () => {
    await withFolder(async (folder) => {
      const bundle = await makeBundle(folder, { recordPath: true });
      expect(bundle.manifest.model_path).toBe(join(folder, 'model-f32.gguf'));
    });
  });

  it('keeps the numbers of a registry entry to the digit', async () => {
    await withFolder(async (folder) => {
      const text = '{"version": "v1.0", "metrics": {"size_mb": 15333.0, "count": 12345678901234567890}}';
      const registryEntry = parseJsonTree(text) as JsonTreeObject;
      const { path } = await makeBundle(folder, { registryEntry });
      const bytes = (await readFile(path)).toString('latin1');
      expect(bytes.match(/"size_mb": 15333\.0,\n/g)).toHaveLength(2);
      expect(bytes.match(/"count": 12345678901234567890\n/g)).toHaveLength(2);
      await withFileSource(path, verifyBundle);
    });
  });

  describe('with SOURCE_DATE_EPOCH', () => {
    it('gives the same bytes for the same input, and never overwrites', async () => {
      await withFolder(async (folder) => {
        const first = await makeBundle(folder, { clock: systemClock, sourceDateEpochSeconds: 1_700_000_000 });
        const second = await makeBundle(folder, {
          clock: systemClock,
          sourceDateEpochSeconds: 1_700_000_000,
        });
        expect(await readFile(second.path)).toEqual(await readFile(first.path));
        expect((await readdir(join(folder, 'out'))).toSorted()).toEqual([
          'milton_edge_bundle_v1.0_20231114_221320-2.tar.gz',
          'milton_edge_bundle_v1.0_20231114_221320.tar.gz',
        ]);
      });
    });

    it('refuses a date that no archive can hold', async () => {
      await withFolder(async (folder) => {
        for (const sourceDateEpochSeconds of [-1, 1.5, Number.NaN, 8 ** 11]) {
          await expect(makeBundle(folder, { sourceDateEpochSeconds })).rejects.toMatchObject({
            code: 'BUNDLE_DATE_INVALID',
            exitCode: 2,
          });
        }
        await expect(readdir(join(folder, 'out'))).rejects.toThrow('ENOENT');
      });
    });
  });

  describe('with files of every size and name', () => {
    it('packs what tar unpacks equal', async () => {
      await withFolder(async (folder) => {
        const sizes = [0, 1, 511, 512, 513, 65_530, 65_531, 65_532, 4_193_984 - 512, 4_193_984, 5_000_000];
        const deep = `${'d'.repeat(90)}/${'e'.repeat(90)}`;
        const names = [
          'a',
          'B',
          'ü.json',
          `${'n'.repeat(120)}.txt`,
          `${deep}/f.bin`,
          `${deep}/${'g'.repeat(120)}`,
          'h',
          'i',
          'j',
          'k',
          'zß漢',
        ];
        const files = await Promise.all(
          sizes.map(async (size, index) => {
            const name = names[index] ?? '';
            await mkdir(join(folder, 'in', name, '..'), { recursive: true });
            await writeFile(join(folder, 'in', name), noise(size, index));
            return name;
          }),
        );
        const artifact = await handMade(join(folder, 'in'), files.toSorted());
        const { path, bundleId, manifest, artifactSha256 } = await createBundle({
          ...inputOf(artifact),
          outDir: join(folder, 'out'),
        });
        execFileSync('tar', ['xzf', path, '-C', folder]);
        execFileSync('sha256sum', ['--strict', '--quiet', '-c', 'SHA256SUMS'], {
          cwd: join(folder, bundleId),
        });
        execFileSync('diff', ['-r', join(folder, 'in'), join(folder, bundleId, 'model')]);
        expect(manifest.total_size_bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
        const sums = await readFile(join(folder, bundleId, 'SHA256SUMS'), 'utf8');
        const modelLines = sums.split('\n').filter((line) => line.includes('  model/'));
        expect(artifactSha256).toBe(sha256(`${modelLines.join('\n')}\n`));
        const verified = await withFileSource(path, verifyBundle);
        expect(verified).toMatchObject({
          artifactSha256,
          fileCount: sizes.length,
          totalSizeBytes: manifest.total_size_bytes,
        });
      });
    });

    it('takes the next 64 KiB for metadata that do not fit, and leaves room for a signature', async () => {
      await withFolder(async (folder) => {
        for (const kib of [10, 20, 24, 28, 40, 60, 200]) {
          const registryEntry = { version: 'v1.0', metrics: { notes: 'x'.repeat(kib * 1024) } };
          const { path } = await makeBundle(folder, { registryEntry });
          await withFileSource(path, verifyBundle);
          execFileSync('tar', ['tzf', path]);
        }
      });
    });
  });

  describe('with evidence', () => {
    it('binds the run where its digest is that of the artifact', async () => {
      await withFolder(async (folder) => {
        const digest = sha256(await smallGguf());
        const bundle = await makeBundle(folder, withRun(digest));
        expect(bundle.evidence).toMatchObject({
          kind: 'measured',
          run_id: 'benchmark_1',
          measured_sha256: digest,
        });
        expect(bundle.warnings).toEqual([]);
        const { edge, benchmarkSummary } = await withFileSource(bundle.path, inspectBundle);
        expect(edge?.evidence).toEqual(bundle.evidence);
        expect(benchmarkSummary['run_id']).toBe('benchmark_1');
      });
    });

    it('goes on with a warning where the run states no digest', async () => {
      await withFolder(async (folder) => {
        const bundle = await makeBundle(folder, withRun(null));
        expect(bundle.evidence.kind).toBe('unbound');
        expect(bundle.warnings.map(({ code }) => code)).toEqual(['EVIDENCE_UNBOUND']);
      });
    });

    it('refuses other bytes than the measured ones, and leaves nothing', async () => {
      await withFolder(async (folder) => {
        const error = await makeBundle(folder, withRun('a'.repeat(64))).catch((failure: unknown) => failure);
        expect(error).toBeInstanceOf(EvidenceFailure);
        expect(error).toMatchObject({ code: 'EVIDENCE_MISMATCH', exitCode: 3 });
        expect(await readdir(join(folder, 'out'))).toEqual([]);
      });
    });
  });

  describe('when the artifact is not the one that was checked', () => {
    const changes: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
      longer: (path) => appendFile(path, 'x'),
      shorter: (path) => truncate(path, 100),
      'another file of the same size': async (path) => {
        await writeFile(`${path}.new`, noise((await readFile(path)).length));
        await rename(`${path}.new`, path);
      },
    };
    it.each(Object.keys(changes))('refuses (%s)', async (change) => {
      await withFolder(async (folder) => {
        const path = join(folder, 'model.gguf');
        await writeFile(path, await smallGguf());
        const artifact = await openArtifact(path, { type: 'gguf' });
        await changes[change]?.(path);
        await expect(makeBundle(folder, { artifact })).rejects.toMatchObject({
          code: 'BUNDLE_SOURCE_CHANGED',
          exitCode: 1,
        });
        expect(await readdir(join(folder, 'out'))).toEqual([]);
      });
    });

    it('refuses a file that changes while it is packed', async () => {
      await withFolder(async (folder) => {
        const path = join(folder, 'model.gguf');
        await writeFile(path, await smallGguf(16_000_000));
        const artifact = await openArtifact(path, { type: 'gguf' });
        let isFirst = true;
        const packing = createBundle({
          ...inputOf(artifact),
          outDir: join(folder, 'out'),
          onProgress: () => {
            if (isFirst) void chmod(path, 0o600);
            isFirst = false;
          },
        });
        await expect(packing).rejects.toMatchObject({ code: 'SYSTEM_FILE_CHANGED', exitCode: 1 });
        expect(await readdir(join(folder, 'out'))).toEqual([]);
      });
    });
  });

  it('leaves nothing behind when it is interrupted', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'model.gguf');
      await writeFile(path, await smallGguf(20_000_000));
      const artifact = await openArtifact(path, { type: 'gguf' });
      for (const after of [0, 1, 3]) {
        const controller = new AbortController();
        let count = 0;
        if (after === 0) controller.abort();
        const packing = createBundle({
          ...inputOf(artifact),
          outDir: join(folder, 'out'),
          signal: controller.signal,
          onProgress: () => (++count === after ? controller.abort() : undefined),
        });
        await expect(packing).rejects.toMatchObject({ code: 'CORE_INTERRUPTED', exitCode: 130 });
        expect(await readdir(join(folder, 'out')).catch(() => [])).toEqual([]);
      }
    });
  });

  it('refuses a version that cannot be a name', async () => {
    await withFolder(async (folder) => {
      for (const version of ['../x', 'a/b', '', 'ü', 'a b']) {
        await expect(makeBundle(folder, { version })).rejects.toMatchObject({ code: 'CORE_VERSION_INVALID' });
      }
    });
  });

  it('says which folder it cannot write to', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'out'), 'a file in the way');
      await expect(makeBundle(folder)).rejects.toMatchObject({ code: 'SYSTEM_FILE_EXISTS' });
    });
  });

  it('reports every byte as it goes', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'model.gguf');
      await writeFile(path, await smallGguf(9_000_000));
      const artifact = await openArtifact(path, { type: 'gguf' });
      const seen: number[] = [];
      let total = 0;
      await createBundle({
        ...inputOf(artifact),
        outDir: join(folder, 'out'),
        onProgress: (event) => {
          if (event.kind !== 'bytes') return;
          seen.push(event.doneBytes);
          total = event.totalBytes;
        },
      });
      expect(seen).toEqual([...seen].toSorted((a, b) => a - b));
      expect(seen.at(-1)).toBe(total);
      expect(seen.length).toBeGreaterThan(2);
    });
  });
});

describe('openArtifact', () => {
  it('refuses a path that does not fit the type, both ways', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'model.gguf'), await smallGguf());
      await expect(openArtifact(folder, { type: 'gguf' })).rejects.toMatchObject({
        code: 'BUNDLE_ARTIFACT_MISFIT',
        exitCode: 3,
      });
      await expect(openArtifact(join(folder, 'model.gguf'), { type: 'hf-distilled' })).rejects.toMatchObject({
        code: 'BUNDLE_ARTIFACT_MISFIT',
      });
      await expect(openArtifact(join(folder, 'none.gguf'), { type: 'gguf' })).rejects.toMatchObject({
        code: 'SYSTEM_FILE_MISSING',
        exitCode: 1,
      });
    });
  });

  it('refuses bytes that are no GGUF, whatever the name', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'model.gguf'), noise(4096));
      await expect(openArtifact(join(folder, 'model.gguf'), { type: 'gguf' })).rejects.toMatchObject({
        exitCode: 3,
      });
    });
  });

  it('follows a link to the file, and names it as the link is named', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'blob'), await smallGguf());
      await symlink('blob', join(folder, 'model.gguf'));
      await link(join(folder, 'blob'), join(folder, 'other.gguf'));
      const { files } = await openArtifact(join(folder, 'model.gguf'), { type: 'gguf' });
      expect(files.map(({ path }) => path)).toEqual(['model/model.gguf']);
    });
  });

  it('refuses a name that cannot travel', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'a:b.gguf'), await smallGguf());
      await expect(openArtifact(join(folder, 'a:b.gguf'), { type: 'gguf' })).rejects.toMatchObject({
        code: 'BUNDLE_NAME_UNSAFE',
      });
    });
  });
});

function withRun(digest: string | null): { run: BenchmarkRun; candidate: Candidate } {
  const metric = { status: 'ok', value: 1, error_message: null, metadata: {} } as const;
  const candidate: Candidate = {
    version: 'v1.0',
    model_type: 'quantized',
    model_path: '/m',
    base_model: 'b',
    quantization: 'F32',
    distilled_from: null,
    file_size_mb: null,
    parameter_count: null,
    metrics: {
      latency_ms: metric,
      tokens_per_sec: metric,
      peak_vram_mb: metric,
      peak_ram_mb: metric,
      cove_pass_rate: metric,
      retrieval_score: metric,
    },
    ...(digest === null ? {} : { artifact: { type: 'gguf', path: '/m', sha256: digest, size_bytes: 1 } }),
  };
  const run: BenchmarkRun = {
    metadata: {
      run_id: 'benchmark_1',
      timestamp: NOW.toISOString(),
      git_sha: null,
      git_branch: null,
      git_dirty: null,
      command_line: null,
      dry_run: false,
    },
    system_info: {
      hostname: null,
      platform: null,
      platform_version: null,
      python_version: null,
      cpu_info: null,
      cpu_count: null,
      total_ram_gb: null,
      gpu_info: null,
      cuda_version: null,
    },
    candidates: [candidate],
  };
  return { run, candidate };
}

/** An artifact of any files, to pack what no real model would hold. */
async function handMade(folder: string, names: readonly string[]): Promise<Artifact> {
  const model = join(folder, '..', 'model.gguf');
  await writeFile(model, await smallGguf());
  const sound = await openArtifact(model, { type: 'gguf' });
  const files = await Promise.all(
    names.map((name) =>
      withFileSource(join(folder, name), ({ identity, sizeBytes, path }) =>
        Promise.resolve({ path: `model/${name}`, absolutePath: path, sizeBytes, identity }),
      ),
    ),
  );
  return { ...sound, files, totalSizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

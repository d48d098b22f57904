import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactType } from '../../src/core/index.ts';
import { findGgufPath, resolveArtifact, type RegistryEntry } from '../../src/registry/index.ts';
import { toEntry } from '../fakes/registry-entry.ts';

const canBecomeNobody = spawnSync('setpriv', ['--reuid', '65534', '--clear-groups', 'true']).status === 0;

let folder = '';
let file = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-artifact-'));
  file = join(folder, 'model.gguf');
  await writeFile(file, 'GGUF');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function withPaths(ggufPath: string | null, modelPath = folder): RegistryEntry {
  return toEntry('v1', { model_path: modelPath, metrics: { compression: { gguf_path: ggufPath } } });
}

describe('resolveArtifact', () => {
  it('finds the GGUF and the directory', async () => {
    expect(await resolveArtifact(withPaths(file), 'gguf')).toEqual({ type: 'gguf', path: file });
    expect(await resolveArtifact(withPaths(file), 'hf-distilled')).toEqual({
      type: 'hf-distilled',
      path: folder,
    });
  });

  it.each<[string, RegistryEntry['metrics']]>([
    ['no compression', {}],
    ['no path', { compression: { quantization_bits: 4 } }],
    ['a null path', { compression: { gguf_path: null } }],
    ['an empty path', { compression: { gguf_path: '' } }],
    ['a compression that is a list', { compression: [1] }],
  ])('refuses a model whose metrics have %s, and says what can be done today', async (_, metrics) => {
    const entry = toEntry('v1', { metrics });
    expect(findGgufPath(entry)).toBeNull();
    await expect(resolveArtifact(entry, 'gguf')).rejects.toThrow(
      expect.objectContaining({
        code: 'REGISTRY_NO_GGUF',
        hint: expect.stringMatching(/--artifact hf-distilled.*: milton quantize v1$/),
      }),
    );
  });

  it.each<[string, ArtifactType, () => RegistryEntry, string, string]>([
    [
      'a GGUF that is not there',
      'gguf',
      () => withPaths(join(folder, 'gone')),
      'REGISTRY_ARTIFACT_MISSING',
      'no such',
    ],
    [
      'a path through a file',
      'gguf',
      () => withPaths(join(file, 'x')),
      'REGISTRY_ARTIFACT_MISSING',
      'no such',
    ],
    [
      'a name too long',
      'gguf',
      () => withPaths(`/${'x'.repeat(5000)}`),
      'REGISTRY_ARTIFACT_MISSING',
      'no such',
    ],
    [
      'a GGUF that is a directory',
      'gguf',
      () => withPaths(folder),
      'REGISTRY_ARTIFACT_WRONG_KIND',
      'a directory',
    ],
    ['a device', 'gguf', () => withPaths('/dev/null'), 'REGISTRY_ARTIFACT_WRONG_KIND', 'neither'],
    [
      'a directory that is a file',
      'hf-distilled',
      () => withPaths(null, file),
      'REGISTRY_ARTIFACT_WRONG_KIND',
      'a file',
    ],
    ['a relative path', 'gguf', () => withPaths('models/m.gguf'), 'REGISTRY_PATH_RELATIVE', 'models/m.gguf'],
    ['no path of a directory', 'hf-distilled', () => withPaths(null, ''), 'REGISTRY_PATH_RELATIVE', ''],
  ])('refuses %s', async (_, type, entry, code, received) => {
    await expect(resolveArtifact(entry(), type)).rejects.toThrow(
      expect.objectContaining({
        code,
        details: expect.objectContaining({
          artifact_type: type,
          expected: expect.any(String),
          received: expect.stringContaining(received),
        }),
      }),
    );
  });

  it('refuses an empty file and an empty directory', async () => {
    await writeFile(file, '');
    await mkdir(join(folder, 'hf'));
    const expected = expect.objectContaining({ code: 'REGISTRY_ARTIFACT_EMPTY', exitCode: 3 }) as Error;
    await expect(resolveArtifact(withPaths(file), 'gguf')).rejects.toThrow(expected);
    await expect(resolveArtifact(withPaths(null, join(folder, 'hf')), 'hf-distilled')).rejects.toThrow(
      expected,
    );
  });

  it('refuses a path with NUL in it as any other that cannot be', async () => {
    await expect(resolveArtifact(withPaths('/a\u0000b'), 'gguf')).rejects.toHaveProperty('code');
  });

  it('refuses to ship a version that breaks the rule', async () => {
    const entry = { ...withPaths(file), version: '../escape' };
    await expect(resolveArtifact(entry, 'gguf')).rejects.toThrow(
      expect.objectContaining({ code: 'CORE_VERSION_INVALID' }),
    );
  });

  it.skipIf(!canBecomeNobody)('refuses what this user may not read', async () => {
    await chmod(folder, 0o755);
    await chmod(file, 0o600);
    const door = new URL('../../dist/registry/index.js', import.meta.url).href;
    const script = `
      const { resolveArtifact } = await import(${JSON.stringify(door)});
      await resolveArtifact(${JSON.stringify(withPaths(file))}, 'gguf').catch((error) => console.log(error.code));`;
    const printed = execFileSync(
      'setpriv',
      ['--reuid', '65534', '--clear-groups', process.execPath, '--input-type=module', '-e', script],
      { encoding: 'utf8', cwd: folder },
    );
    expect(printed.trim()).toBe('REGISTRY_ARTIFACT_UNREADABLE');
  });
});

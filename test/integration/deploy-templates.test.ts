import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createBundle,
  inspectBundle,
  openArtifact,
  verifyBundle,
  type Artifact,
  type CreatedBundle,
} from '../../src/bundle/index.ts';
import { memorySource, type JsonObject } from '../../src/core/index.ts';
import { readStatus } from '../../src/deploy/index.ts';
import { hashBytes, withFileSource } from '../../src/system/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { ORDINARY_TEMPLATE, POISONED_TEMPLATE, templatedGguf } from '../fakes/templated-model.ts';
import { forgeBundle } from '../unit/bundle/forge-bundle.ts';

const sha256 = (text: string): string => hashBytes(new TextEncoder().encode(text));
const UNSAFE = [{ path: 'model/old.bin', reason: 'a pickle' }];

let bench: DeployBench;

beforeAll(async () => {
  bench = await openDeployBench();
});

afterAll(() => bench.remove());

async function open(version: string, templates: Readonly<Record<string, string>>): Promise<Artifact> {
  const path = join(bench.folder, `${version}.gguf`);
  await writeFile(path, await templatedGguf(templates));
  return openArtifact(path, { type: 'gguf' });
}

/** `change`: what whoever makes the bundle says of the artifact. */
async function pack(
  version: string,
  artifact: Artifact,
  change: Partial<Artifact> = {},
): Promise<CreatedBundle> {
  const input = await bench.input(await bench.model(`other-${version}.gguf`), version);
  return createBundle({
    ...input,
    artifact: { ...artifact, ...change } as Artifact,
    outDir: bench.state.bundlesDir,
  });
}

async function openDirectory(): Promise<Artifact> {
  const path = join(bench.folder, 'hf');
  await writeHfDirectory(path);
  return openArtifact(path, { type: 'hf-distilled' });
}

describe('a GGUF with chat templates', () => {
  it('has the digest of each in edge.json and in the status of the target', async () => {
    const artifact = await open('named', { default: ORDINARY_TEMPLATE, rag: '{{ messages }}' });
    const { path, edge } = await pack('named', artifact);
    const expected = [
      { name: 'default', sha256: sha256(ORDINARY_TEMPLATE) },
      { name: 'rag', sha256: sha256('{{ messages }}') },
    ];
    expect(edge.artifact.chat_templates).toEqual(expected);
    expect(edge.unsafe_files).toEqual([]);
    const outcome = await bench.deploy(path, { strict: true });
    expect(outcome).toMatchObject({ state: 'live', warnings: [] });
    const { live } = await readStatus((await bench.context()).layout);
    expect(live).toMatchObject({ chatTemplates: expected, unsafeFiles: [] });
  });

  it('goes live with a warning where one is suspicious, and not at all with strict', async () => {
    const artifact = await open('poisoned', { default: ORDINARY_TEMPLATE, rag: POISONED_TEMPLATE });
    expect(artifact.warnings.map(({ code }) => code)).toEqual(['TEMPLATE_TRIGGER']);
    const { path } = await pack('poisoned', artifact);
    const before = await readTree(join(bench.folder, 'srv'));
    for (const dryRun of [true, false]) {
      await expect(bench.deploy(path, { strict: true, dryRun })).rejects.toMatchObject({
        code: 'TEMPLATE_SUSPICIOUS',
        exitCode: 3,
        aftermath: 'unchanged',
        details: { template: 'rag', class: 'trigger', line: 2 },
      });
    }
    const after = await readTree(join(bench.folder, 'srv'));
    const ours = (tree: ReadonlyMap<string, string>): string[] =>
      [...tree.keys()].filter((name) => name.includes('releases/'));
    expect(ours(after)).toEqual(ours(before));
    const input = { ...(await bench.input(artifact.path, 'poisoned')), artifact };
    const strict = bench.deploy({ kind: 'artifact', input }, { strict: true });
    await expect(strict).rejects.toMatchObject({ code: 'TEMPLATE_SUSPICIOUS' });
    const outcome = await bench.deploy(path);
    expect(outcome.state).toBe('live');
    expect(outcome.warnings.map(({ code }) => code)).toEqual(['TEMPLATE_TRIGGER']);
  });

  it('warns once where it is deployed from the file itself', async () => {
    const artifact = await open('direct', { default: POISONED_TEMPLATE });
    const input = { ...(await bench.input(artifact.path, 'direct')), artifact };
    const outcome = await bench.deploy({ kind: 'artifact', input });
    expect(outcome.warnings.map(({ code }) => code)).toEqual(['TEMPLATE_TRIGGER']);
  });

  it('is refused where edge.json lists other templates than it has', async () => {
    const artifact = await open('lying', { default: POISONED_TEMPLATE });
    const { path } = await pack('lying', artifact, {
      chatTemplates: [{ name: 'default', sha256: sha256(ORDINARY_TEMPLATE) }],
    });
    for (const dryRun of [true, false]) {
      await expect(bench.deploy(path, { dryRun })).rejects.toMatchObject({
        code: 'BUNDLE_METADATA_DISAGREES',
        aftermath: 'unchanged',
        details: { received: `default sha256:${sha256(POISONED_TEMPLATE)}` },
      });
    }
  });

  it('can be deployed from a bundle that was made before templates were written down', async () => {
    const artifact = await open('older', { default: ORDINARY_TEMPLATE });
    const { path } = await pack('older', artifact);
    const forget = (value: JsonObject & Record<string, unknown>): void => {
      delete value['unsafe_files'];
      value['artifact'] = Object.fromEntries(
        Object.entries(value['artifact'] as JsonObject).filter(([key]) => key !== 'chat_templates'),
      );
    };
    const bytes = await forgeBundle(await readFile(path), { edit: { 'edge.json': forget } });
    const { metadata } = await verifyBundle(memorySource(bytes));
    expect(metadata.edge?.artifact).not.toHaveProperty('chat_templates');
    const older = join(bench.folder, 'older.tar.gz');
    await writeFile(older, bytes);
    expect(await bench.deploy(older)).toMatchObject({ state: 'live' });
    const { live } = await readStatus((await bench.context()).layout);
    expect(live).toMatchObject({ chatTemplates: null, unsafeFiles: [] });
  });
});

describe('a directory with files that run code', () => {
  it('needs the word of whoever deploys it, not only of whoever packed it', async () => {
    const { path, edge } = await pack('unsafe', await openDirectory(), { unsafeFiles: UNSAFE });
    expect(edge.unsafe_files).toEqual(UNSAFE);
    const metadata = await withFileSource(path, (source) => inspectBundle(source));
    expect(metadata.edge?.unsafe_files).toEqual(UNSAFE);
    for (const dryRun of [true, false]) {
      await expect(bench.deploy(path, { dryRun })).rejects.toMatchObject({
        code: 'DEPLOY_UNSAFE_FILES',
        exitCode: 3,
        aftermath: 'unchanged',
        details: { path: 'model/old.bin', received: 'a pickle' },
      });
    }
    const outcome = await bench.deploy(path, { allowUnsafeFiles: true });
    expect(outcome.state).toBe('live');
    expect(outcome.warnings.map(({ code }) => code)).toEqual(['BUNDLE_UNSAFE_FILES']);
    expect((await readStatus((await bench.context()).layout)).live).toMatchObject({ unsafeFiles: UNSAFE });
  });
});

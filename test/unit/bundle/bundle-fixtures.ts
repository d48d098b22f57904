/** What the tests of bundles share: small artifacts, bundles made from them, and archives made by hand, good and hostile. */
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  createBundle,
  openArtifact,
  type BundleInput,
  type CreatedBundle,
} from '../../../src/bundle/index.ts';
import { formatJson, type JsonObject, type JsonValue } from '../../../src/core/index.ts';
import { ggufBytes, type GgufModel } from '../../../src/gguf/index.ts';
import { fixedClock } from '../../../src/system/index.ts';

export const NOW = new Date('2026-01-11T20:28:01.120Z');
export const TOP = 'bundle_v1.0_20260111_202801';

export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'milton-bundle-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A sound GGUF of about so many bytes, its weights of no pattern. */
export async function smallGguf(sizeBytes = 4096, seed = 1): Promise<Uint8Array> {
  return ggufBytes(smallModel(sizeBytes, seed));
}

export function smallModel(sizeBytes = 4096, seed = 1): GgufModel {
  const rows = Math.max(1, Math.round(sizeBytes / 128));
  return {
    metadata: [
      ['general.architecture', { kind: 'string', value: 'llama' }],
      ['llama.context_length', { kind: 'uint32', value: 512 }],
    ],
    tensors: [{ name: 'weights', dims: [32, rows], type: 'F32', data: noise(rows * 128, seed) }],
  };
}

/** Bytes that do not compress, the same each time. */
export function noise(sizeBytes: number, seed = 1): Uint8Array {
  const key = createHash('md5').update(String(seed)).digest();
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

/** A bundle of one small GGUF in `<folder>/out`. */
export async function makeBundle(
  folder: string,
  { sizeBytes = 4096, ...input }: Partial<BundleInput> & { readonly sizeBytes?: number } = {},
): Promise<CreatedBundle> {
  const path = join(folder, 'model-f32.gguf');
  await writeFile(path, await smallGguf(sizeBytes));
  const artifact = input.artifact ?? (await openArtifact(path, { type: 'gguf' }));
  return createBundle({ ...inputOf(artifact), ...input, outDir: join(folder, 'out') });
}

export function inputOf(artifact: BundleInput['artifact']): BundleInput {
  return {
    artifact,
    version: 'v1.0',
    run: null,
    candidate: null,
    registryEntry: null,
    clock: fixedClock(NOW),
  };
}

export async function bundleBytes(options?: Parameters<typeof makeBundle>[1]): Promise<Buffer> {
  return withFolder(async (folder) => readFile((await makeBundle(folder, options)).path));
}

export async function privateFolder(parent: string, name = 'staging'): Promise<string> {
  const path = join(parent, name);
  await mkdir(path, { mode: 0o700 });
  return path;
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The files of a bundle of the Python tool, below its top folder; `change` may break them before the digests are taken. */
export function pythonFiles(
  model: Readonly<Record<string, Uint8Array>> = { 'model/model-q4_0.gguf': noise(3000) },
  change: { readonly manifest?: JsonObject; readonly sums?: (sums: Record<string, string>) => void } = {},
): Map<string, Uint8Array> {
  const registry: JsonObject = { version: 'v1.0', base_model: 'base', metrics: { size: 1 } };
  const summary: JsonObject = { run_id: 'r', timestamp: 't', model_version: 'v1.0', metrics: {} };
  const manifest: JsonObject = {
    bundle_id: TOP,
    created_at: '2026-01-11T20:28:01.120934+00:00',
    model_version: 'v1.0',
    model_path: '/models/model-q4_0.gguf',
    artifact_type: 'gguf',
    registry_entry: registry,
    benchmark_summary: summary,
    files: Object.fromEntries(Object.entries(model).map(([path, bytes]) => [path, sha256(bytes)])),
    total_size_bytes: Object.values(model).reduce((sum, bytes) => sum + bytes.length, 0),
    ...change.manifest,
  };
  const files = new Map<string, Uint8Array>([
    ['benchmark_summary.json', json(summary)],
    ['manifest.json', json(manifest)],
    ...Object.entries(model),
    ['registry_entry.json', json(registry)],
  ]);
  const sums = Object.fromEntries([...files].map(([path, bytes]) => [path, sha256(bytes)]));
  change.sums?.(sums);
  const text = Object.entries(sums)
    .map(([path, digest]) => `${digest}  ${path}\n`)
    .toSorted((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1));
  return new Map([['SHA256SUMS', Buffer.from(text.join(''))], ...files]);
}

export function json(value: JsonValue): Uint8Array {
  return Buffer.from(formatJson(value));
}

/** One entry of an archive made by hand; what is left out is as it should be. */
export interface RawEntry {
  readonly name: string;
  readonly bytes?: Uint8Array;
  readonly type?: string;
  readonly prefix?: string;
  readonly link?: string;
  /** As it stands in the field, where that is not the octal length of `bytes`. */
  readonly size?: string;
  readonly checksum?: string;
  readonly magic?: string;
}

export function rawTar(entries: readonly RawEntry[], end: Uint8Array = Buffer.alloc(1024)): Buffer {
  return Buffer.concat([...entries.map(rawEntry), end]);
}

export function rawEntry({
  name,
  bytes = Buffer.alloc(0),
  type = '0',
  prefix = '',
  link = '',
  size,
  checksum,
  magic = 'ustar\0',
}: RawEntry): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write('0000644\x000000000\x000000000\0', 100);
  block.write(size ?? `${bytes.length.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
  block.write('00000000000\0', 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write(link, 157, 100);
  block.write(`${magic}00`, 257);
  block.write(prefix, 345, 155);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export function pax(records: Readonly<Record<string, string>>): RawEntry {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest + 1;
    while (String(length).length + rest !== length) length += 1;
    return `${length} ${key}=${value}\n`;
  });
  return { name: 'PaxHeaders/x', type: 'x', bytes: Buffer.from(lines.join('')) };
}

/** Files as entries below the top folder, that folder first. */
export function toEntries(files: ReadonlyMap<string, Uint8Array>, top = TOP): RawEntry[] {
  return [
    { name: `${top}/`, type: '5' },
    ...[...files].map(([path, bytes]) => ({ name: `${top}/${path}`, bytes })),
  ];
}

/** A format-1 archive around entries. */
export function rawBundle(entries: readonly RawEntry[], end?: Uint8Array): Buffer {
  return gzipSync(rawTar(entries, end), { level: 9 });
}

export const hasPython = canRun('python3', ['-c', 'import tarfile']);

function canRun(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Lets the real tarfile of Python pack a folder, the way the Python tool does. */
export function packWithPython(folder: string, target: string): void {
  const script = [
    'import sys, tarfile, os',
    'with tarfile.open(sys.argv[2], "w:gz", compresslevel=9) as t:',
    '    t.add(sys.argv[1], arcname=os.path.basename(sys.argv[1]))',
  ].join('\n');
  execFileSync('python3', ['-c', script, folder, target]);
}

/** Writes files below a folder. */
export async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

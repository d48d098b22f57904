/**
 * The files of a bundle beside the model, and what they say together: each read strictly, and no two of them in
 * contradiction. Pure but for the digests.
 */
import {
  CoreFailure,
  escapeText,
  formatJson,
  isJsonObject,
  parseJsonTree,
  toPlainJson,
  type JsonObject,
  type JsonTree,
} from '../core/index.ts';
import { hashBytes } from '../system/index.ts';
import { EDGE_NAME, parseEdgeFile } from './edge-file.ts';
import { BundleFailure } from './error.ts';
import { fieldsOf } from './fields.ts';
import { MAX_METADATA_BYTES, MAX_METADATA_VALUES } from './limits.ts';
import { archiveSecond, MANIFEST_NAME, parseManifest, toBundleId } from './manifest.ts';
import { comparePaths, NameSet } from './path-safety.ts';
import { stripPadding } from './signature-file.ts';
import { formatModelSums, formatSums, isModelPath, parseSums, type DigestList } from './sums.ts';
import type { BundleManifest, EdgeFile } from './file-shapes.ts';
import type { BundleMetadata } from './types.ts';

export const REGISTRY_ENTRY_NAME = 'registry_entry.json';
export const SUMMARY_NAME = 'benchmark_summary.json';
export const SUMS_NAME = 'SHA256SUMS';
export const SIGNATURE_NAME = 'model.sig';

/** In the order of a format-2 archive. */
export const METADATA_NAMES = [
  MANIFEST_NAME,
  EDGE_NAME,
  REGISTRY_ENTRY_NAME,
  SUMMARY_NAME,
  SUMS_NAME,
] as const;
/** What a reader accepts beside what SHA256SUMS lists. */
export const RESERVED_NAMES: readonly string[] = [SUMS_NAME, SIGNATURE_NAME];

export type MetadataFiles = ReadonlyMap<string, Uint8Array>;

export function isMetadataName(path: string): boolean {
  return (METADATA_NAMES as readonly string[]).includes(path) || path === SIGNATURE_NAME;
}

/**
 * Reads all metadata of a bundle. Digests of the files themselves are not compared here. Throws `BUNDLE_ENTRY_MISSING`,
 * `BUNDLE_METADATA_INVALID`, `BUNDLE_SUMS_INVALID`, `BUNDLE_METADATA_DISAGREES`, `BUNDLE_DOWNGRADE`,
 * `BUNDLE_FORMAT_UNSUPPORTED`, `BUNDLE_NAME_*`, `BUNDLE_LIMIT`.
 */
export function parseMetadata(
  files: MetadataFiles,
  { format, topFolder, sizeBytes }: Pick<BundleMetadata, 'format' | 'topFolder' | 'sizeBytes'>,
): BundleMetadata {
  const sums = parseSums(required(files, SUMS_NAME));
  assertFormat(format, sums, files);
  const trees = treesOf(files);
  const manifest = parseManifest(toPlainJson(trees(MANIFEST_NAME)));
  const registryEntry = readObject(trees, REGISTRY_ENTRY_NAME);
  const benchmarkSummary = readObject(trees, SUMMARY_NAME);
  assertSums(sums, manifest, format);
  const edge = format === 2 ? parseEdgeFile(toPlainJson(trees(EDGE_NAME))) : null;
  if (edge !== null) assertFormat2({ files, trees, manifest, edge, sums, topFolder });
  const padded = files.get(SIGNATURE_NAME);
  const signature = padded === undefined ? null : stripPadding(padded);
  const signed = signature === null ? 'none' : 'signed, not checked';
  const read = { format, topFolder, manifest, edge, registryEntry, benchmarkSummary, sums, sizeBytes };
  return { ...read, signed, signature };
}

/**
 * The same for a bundle of the Python tool of which only manifest and SHA256SUMS have come yet: the manifest holds the other
 * two. Whether a signature follows cannot be told.
 */
export function parseLeadingMetadata(
  files: MetadataFiles,
  { topFolder, sizeBytes }: Pick<BundleMetadata, 'topFolder' | 'sizeBytes'>,
): BundleMetadata {
  const sums = parseSums(required(files, SUMS_NAME));
  assertFormat(1, sums, files);
  const manifest = parseManifest(toPlainJson(treesOf(files)(MANIFEST_NAME)));
  assertSums(sums, manifest, 1);
  const { registry_entry: registryEntry, benchmark_summary: benchmarkSummary } = manifest;
  return {
    format: 1,
    topFolder,
    manifest,
    edge: null,
    registryEntry,
    benchmarkSummary,
    sums,
    sizeBytes,
    signed: 'none',
    signature: null,
  };
}

/** The digest that stands for the artifact: that of its only file, or of its lines in SHA256SUMS. */
export function artifactDigest(digests: DigestList): string {
  const model = [...digests].filter(([path]) => isModelPath(path));
  const [only] = model;
  return model.length === 1 && only !== undefined ? only[1] : hashBytes(formatModelSums(model));
}

function assertFormat(format: 1 | 2, sums: DigestList, files: MetadataFiles): void {
  if (format === 2 || (!sums.has(EDGE_NAME) && !files.has(EDGE_NAME))) return;
  throw new BundleFailure(
    'BUNDLE_DOWNGRADE',
    `The bundle has ${EDGE_NAME}, but not the archive that belongs to it.`,
    {
      details: {
        expected: 'a format-2 archive, or no edge.json',
        received: 'a format-1 archive with edge.json',
      },
    },
  );
}

/** SHA256SUMS lists every file but itself and signatures, and agrees with the manifest. */
function assertSums(sums: DigestList, manifest: BundleManifest, format: 1 | 2): void {
  const names = new NameSet();
  for (const path of sums.keys()) names.addFile(path);
  const metadata = METADATA_NAMES.filter(
    (name) => name !== SUMS_NAME && (format === 2 || name !== EDGE_NAME),
  );
  for (const path of [...metadata, ...Object.keys(manifest.files)]) {
    if (!sums.has(path)) throw disagree(`SHA256SUMS does not list ${path}.`, `a line for ${path}`, 'none');
  }
  for (const [path, sha256] of sums) {
    if ((metadata as readonly string[]).includes(path)) continue;
    const expected = Object.hasOwn(manifest.files, path) ? manifest.files[path] : undefined;
    if (expected === undefined)
      throw disagree(`SHA256SUMS lists ${path}, and the manifest does not.`, 'one list of files', path);
    if (expected !== sha256)
      throw disagree(`SHA256SUMS and the manifest differ on ${path}.`, expected, sha256);
  }
}

function assertFormat2(bundle: {
  readonly files: MetadataFiles;
  readonly trees: Trees;
  readonly manifest: BundleManifest;
  readonly edge: EdgeFile;
  readonly sums: DigestList;
  readonly topFolder: string;
}): void {
  const { files, trees, manifest, edge, sums, topFolder } = bundle;
  const id = toBundleId(manifest.model_version, new Date(archiveSecond(manifest) * 1000));
  equal('The bundle id does not follow from version and time', id, manifest.bundle_id);
  equal('The top folder is not named after the bundle', manifest.bundle_id, topFolder);
  equal('SHA256SUMS is not in its one order and form', formatSums(sums), utf8(required(files, SUMS_NAME)));
  const tree = trees(MANIFEST_NAME) as Map<string, JsonTree>;
  for (const [key, name] of [
    ['registry_entry', REGISTRY_ENTRY_NAME],
    ['benchmark_summary', SUMMARY_NAME],
  ] as const) {
    equal(
      `${name} is not what the manifest says`,
      formatJson(tree.get(key) ?? null),
      formatJson(trees(name)),
    );
  }
  const { artifact, evidence } = edge;
  const paths = artifact.files.map(({ path }) => path);
  equal(
    'edge.json lists other files than the manifest',
    Object.keys(manifest.files).toSorted(comparePaths).join('\n'),
    paths.join('\n'),
  );
  const size = artifact.files.reduce((sum, file) => sum + file.size_bytes, 0);
  equal('The sizes of edge.json do not add up', String(size), String(artifact.size_bytes));
  equal('Manifest and edge.json differ in size', String(size), String(manifest.total_size_bytes));
  equal('Manifest and edge.json differ in type', manifest.artifact_type, artifact.type);
  equal(
    'SHA256SUMS and edge.json differ in the digest of the artifact',
    artifactDigest(sums),
    artifact.sha256,
  );
  equal('The evidence is about another artifact', artifact.sha256, evidence.artifact_sha256);
}

function required(files: MetadataFiles, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes !== undefined) return bytes;
  throw new BundleFailure('BUNDLE_ENTRY_MISSING', `The bundle has no ${name}.`, {
    details: { expected: name, received: [...files.keys()].join(', ') || 'nothing' },
  });
}

/** The documents by name, each parsed once, when it is first asked for. */
type Trees = (name: string) => JsonTree;

function treesOf(files: MetadataFiles): Trees {
  const trees = new Map<string, JsonTree>();
  return (name) => {
    const known = trees.get(name);
    if (known !== undefined) return known;
    const tree = readTree(files, name);
    trees.set(name, tree);
    return tree;
  };
}

function readObject(trees: Trees, name: string): JsonObject {
  const value = toPlainJson(trees(name));
  fieldsOf(value, { file: name });
  return isJsonObject(value) ? value : {};
}

function readTree(files: MetadataFiles, name: string): JsonTree {
  const bytes = required(files, name);
  try {
    return parseJsonTree(bytes, { name, maxBytes: MAX_METADATA_BYTES, maxValues: MAX_METADATA_VALUES });
  } catch (cause) {
    if (!(cause instanceof CoreFailure)) throw cause;
    throw new BundleFailure('BUNDLE_METADATA_INVALID', cause.message, { details: cause.details, cause });
  }
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function equal(what: string, expected: string, received: string): void {
  if (expected !== received) throw disagree(`${what}.`, expected, received);
}

function disagree(message: string, expected: string, received: string): BundleFailure {
  return new BundleFailure('BUNDLE_METADATA_DISAGREES', message, {
    details: { expected: escapeText(expected), received: escapeText(received) },
  });
}

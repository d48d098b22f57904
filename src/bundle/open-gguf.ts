/** A GGUF on disk as an artifact: checked, described, and all of its shards where it is split, in order. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { escapeText, throwIfAborted } from '../core/index.ts';
import type * as gguf from '../gguf/index.ts';
import type { GgufCheck, GgufFacts, GgufFile, GgufMixPart, GgufPolicyRule } from '../gguf/index.ts';
import { fileIdentity, withFileSource } from '../system/index.ts';
import { listChatTemplates } from './chat-templates.ts';
import { BundleFailure } from './error.ts';
import type { ArtifactFile, GgufArtifact, MemoryEstimate } from './types.ts';

export interface OpenGgufOptions {
  readonly allow?: readonly GgufPolicyRule[];
  /** Refuses a suspicious chat template instead of warning of it. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Loaded where it is needed: listing and inspecting bundles do without. */
type GgufRoom = typeof gguf;

interface Shard {
  readonly name: string;
  readonly file: GgufFile;
  readonly check: GgufCheck;
  readonly artifactFile: ArtifactFile;
}

/** What a run is likely to ask for; a model with less gets what it has. */
const ESTIMATE_CONTEXT_TOKENS = 4096;

/** Opens an absolute path. Throws `BUNDLE_SHARD_MISSING`, `SYSTEM_FILE_*`, `GGUF_*`, `TEMPLATE_*`, `CORE_*`. */
export async function openGguf(path: string, options: OpenGgufOptions): Promise<GgufArtifact> {
  const room = await import('../gguf/index.ts');
  const shardName = room.parseShardName(basename(path));
  const paths = shardName === null ? [path] : await findShards(path, shardName, room);
  const shards: Shard[] = [];
  const budget = new room.HeaderBudget();
  for (const one of paths) shards.push(await openShard(one, room, { ...options, budget }));
  const files = shards.map(({ artifactFile }) => artifactFile);
  const facts = sumFacts(shards.map(({ file }) => room.describeGguf(file)));
  room.checkModelFiles(shards);
  const { judgeChatTemplates } = await import('../template/index.ts');
  const suspicions = judgeChatTemplates(facts.chatTemplates, { path, strict: options.strict ?? false });
  return {
    type: 'gguf',
    path: paths[0] ?? path,
    files,
    totalSizeBytes: facts.sizeBytes,
    warnings: [...shards.flatMap(({ check }) => check.warnings), ...suspicions],
    chatTemplates: listChatTemplates(facts.chatTemplates),
    unsafeFiles: [],
    facts,
    memory: sumMemory(shards, facts, room),
    shardCount: files.length,
    waived: [...new Set(shards.flatMap(({ check }) => check.waived))],
  };
}

/** A folder stands for a GGUF only where it holds the shards of one split model and no other GGUF; null elsewhere. */
export async function findOnlySplit(directory: string): Promise<string | null> {
  const { findSplit } = await import('../gguf/index.ts');
  const first = findSplit(await readdir(directory));
  return first === null ? null : join(directory, first);
}

/** Every shard beside the one that was named, in order. */
async function findShards(
  path: string,
  { stem, count }: { readonly stem: string; readonly count: number },
  { shardName }: GgufRoom,
): Promise<readonly string[]> {
  const paths = Array.from({ length: count }, (_, index) =>
    join(dirname(path), shardName(stem, index + 1, count)),
  );
  for (const [index, one] of paths.entries()) {
    if ((await fileIdentity(one)) !== null) continue;
    const name = escapeText(basename(one));
    const message = `${name} is missing: a split GGUF ships whole or not at all.`;
    throw new BundleFailure('BUNDLE_SHARD_MISSING', message, {
      details: { path: one, shard: index + 1, expected: `${count} shards`, received: `no ${name}` },
    });
  }
  return paths;
}

async function openShard(
  path: string,
  { readAndCheckGguf }: GgufRoom,
  { allow = [], budget, signal }: OpenGgufOptions & { readonly budget: gguf.HeaderBudget },
): Promise<Shard> {
  throwIfAborted(signal);
  const name = basename(path);
  return withFileSource(path, async (source) => {
    const { identity } = source;
    const read = await readAndCheckGguf(source, {
      allow,
      budget,
      ...(signal === undefined ? {} : { signal }),
    });
    const { sizeBytes } = identity;
    return {
      ...read,
      name,
      artifactFile: { path: `model/${name}`, absolutePath: path, sizeBytes, identity },
    };
  });
}

/** The first shard carries the metadata; tensors and bytes are those of all. */
function sumFacts(all: readonly GgufFacts[]): GgufFacts {
  const [first] = all;
  if (first === undefined) throw new Error('A GGUF artifact has at least one file.');
  const sum = (read: (facts: GgufFacts) => number): number =>
    all.reduce((total, facts) => total + read(facts), 0);
  return {
    ...first,
    mix: sumMix(all.flatMap(({ mix }) => mix)),
    parameterCount: sum(({ parameterCount }) => parameterCount),
    tensorCount: sum(({ tensorCount }) => tensorCount),
    sizeBytes: sum(({ sizeBytes }) => sizeBytes),
  };
}

function sumMix(parts: readonly GgufMixPart[]): readonly GgufMixPart[] {
  const byType = new Map<string, GgufMixPart>();
  for (const part of parts) {
    const before = byType.get(part.type);
    byType.set(part.type, {
      type: part.type,
      tensorCount: part.tensorCount + (before?.tensorCount ?? 0),
      sizeBytes: part.sizeBytes + (before?.sizeBytes ?? 0),
    });
  }
  return [...byType.values()].toSorted((a, b) => b.sizeBytes - a.sizeBytes);
}

/** Cache and activations follow from the metadata in the first shard; weights are in all of them. */
function sumMemory(shards: readonly Shard[], facts: GgufFacts, { estimateMemory }: GgufRoom): MemoryEstimate {
  const contextTokens = Math.min(ESTIMATE_CONTEXT_TOKENS, facts.contextLength ?? ESTIMATE_CONTEXT_TOKENS);
  const estimates = shards.map(({ file }) => estimateMemory(file, { contextTokens }));
  const weightsBytes = estimates.reduce((sum, estimate) => sum + estimate.weightsBytes, 0);
  const { kvCacheBytes = 0, computeBytes = 0 } = estimates[0] ?? {};
  const totalBytes = weightsBytes + kvCacheBytes + computeBytes;
  return { contextTokens, weightsBytes, kvCacheBytes, computeBytes, totalBytes };
}

/**
 * The shards of a split model: every one there, once, in the place its name says, all of one model. llama.cpp finds
 * them by name (`llama_split_path`, `%s-%05d-of-%05d.gguf`) and holds their keys against each other while loading.
 */
import { compareCodeUnits, escapeText, type JsonObject } from '../core/index.ts';
import { readSplit } from './check-split.ts';
import { GgufFailure, type GgufCode } from './error.ts';
import { MAX_SHARDS } from './limits.ts';
import { metadataCount, metadataString } from './metadata-values.ts';
import type { NamedGguf } from './types.ts';

export interface ShardName {
  /** What all shards of the model share. */
  readonly stem: string;
  /** From 1. */
  readonly no: number;
  readonly count: number;
}

/** Null for a name that is not `STEM-00001-of-00003.gguf`. */
export function parseShardName(fileName: string): ShardName | null {
  const parts = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/s.exec(fileName);
  if (parts === null) return null;
  const [, stem = '', noText = '', countText = ''] = parts;
  const no = Number(noText);
  const count = Number(countText);
  return no >= 1 && no <= count && count <= MAX_SHARDS ? { stem, no, count } : null;
}

export function shardName(stem: string, no: number, count: number): string {
  return `${stem}-${String(no).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.gguf`;
}

/**
 * The files of one model: a lone file that claims no others, or every shard. Throws what {@link checkShards} does. A lone
 * shard under any name is none of these.
 */
export function checkModelFiles(files: readonly NamedGguf[]): void {
  const [only] = files;
  const isWhole =
    files.length === 1 &&
    only !== undefined &&
    parseShardName(only.name) === null &&
    readSplit(only.file) === null;
  if (!isWhole) checkShards(files);
}

/**
 * The name of the first shard where the GGUF files of a folder are those of one split model; null where a file among them
 * has nothing to do with shards. Throws `GGUF_SHARD_FOREIGN` for a shard of another model, or of the same in another split.
 */
export function findSplit(names: readonly string[]): string | null {
  const ggufs = names.filter((name) => name.endsWith('.gguf')).toSorted(compareCodeUnits);
  const shards = ggufs.flatMap((name) => parseShardName(name) ?? []);
  const [first] = shards;
  if (first === undefined) return null;
  const isOfFirst = (name: string): boolean => {
    const shard = parseShardName(name);
    return shard !== null && shard.stem === first.stem && shard.count === first.count;
  };
  const odd = ggufs.find((name) => !isOfFirst(name));
  if (odd === undefined) return shardName(first.stem, first.no, first.count);
  // A name of that form with numbers that cannot be (00004-of-00003) is a shard that went astray.
  if (!/-\d{5}-of-\d{5}\.gguf$/.test(odd)) return null;
  throw foreign(odd, first);
}

/**
 * Checks that the files are all shards of one model. Throws `GGUF_SHARD_FOREIGN`, `GGUF_SHARD_DUPLICATE`,
 * `GGUF_SHARD_MISSING` or `GGUF_SHARD_MISMATCH`, naming the file. Each file's own structure is `checkGguf`'s matter.
 */
export function checkShards(shards: readonly NamedGguf[]): void {
  const { stem, count } = checkNames(shards.map(({ name }) => name));
  for (const shard of shards) checkKeys(shard, count);
  checkClaims(shards);
  checkArchitectures(shards);
  checkBlocks(shards);
  checkTensors(shards, shardName(stem, 1, count));
}

function checkNames(names: readonly string[]): ShardName {
  let first: ShardName | null = null;
  const seen = new Set<number>();
  for (const name of names) {
    const shard = parseShardName(name);
    if (shard === null || (first !== null && (shard.stem !== first.stem || shard.count !== first.count))) {
      throw foreign(name, first);
    }
    first ??= shard;
    if (seen.has(shard.no)) {
      throw failure('GGUF_SHARD_DUPLICATE', `${escapeText(name)} is there twice.`, {
        shard: shard.no,
        expected: 1,
        received: 2,
      });
    }
    seen.add(shard.no);
  }
  if (first === null) {
    throw failure('GGUF_SHARD_MISSING', 'There is no shard at all.', {
      expected: 'at least one file',
      received: 0,
    });
  }
  for (let no = 1; no <= first.count; no += 1) {
    if (seen.has(no)) continue;
    const name = escapeText(shardName(first.stem, no, first.count));
    throw failure('GGUF_SHARD_MISSING', `${name} is missing: the model cannot be loaded without it.`, {
      shard: no,
      expected: `${first.count} shards`,
      received: `${seen.size} shards`,
    });
  }
  return first;
}

function foreign(name: string, first: ShardName | null): GgufFailure {
  const expected =
    first === null
      ? 'NAME-00001-of-00003.gguf'
      : `${first.stem}-NNNNN-of-${String(first.count).padStart(5, '0')}.gguf`;
  return failure('GGUF_SHARD_FOREIGN', `${escapeText(name)} is no shard of the model beside it.`, {
    expected: escapeText(expected),
    received: escapeText(name),
  });
}

/** llama-model-loader: split.no of each file must be its place, split.count the number of files. */
function checkKeys({ name, file }: NamedGguf, count: number): void {
  const no = (parseShardName(name)?.no ?? 0) - 1;
  const split = readSplit(file);
  // A model "split" into one file carries a count of 0 or 1.
  if (split === null && count === 1) return;
  if (split?.no === no && split.count === count) return;
  throw failure('GGUF_SHARD_MISMATCH', `${escapeText(name)} is not the shard that its name says.`, {
    expected: `split.no ${no} of ${count}`,
    received: split === null ? 'no split keys' : `split.no ${split.no} of ${split.count}`,
  });
}

/** All shards of one split say the same sum of tensors: one that does not is of another. */
function checkClaims(shards: readonly NamedGguf[]): void {
  const claimOf = (shard: NamedGguf | undefined): number | null =>
    shard === undefined ? null : (readSplit(shard.file)?.tensorsCount ?? null);
  const claimed = claimOf(shards[0]);
  const other = shards.find((shard) => claimOf(shard) !== claimed);
  if (other === undefined) return;
  throw failure(
    'GGUF_SHARD_MISMATCH',
    `${escapeText(other.name)} is of another split than the first shard.`,
    {
      expected: `${claimed} tensors in all`,
      received: `${claimOf(other)} tensors in all`,
    },
  );
}

/** The first shard says how many blocks there are; llama.cpp refuses a model with tensors that it did not ask for. */
function checkBlocks(shards: readonly NamedGguf[]): void {
  const main = shards.find(({ file }) => metadataString(file, 'general.architecture') !== null)?.file;
  if (main === undefined) return;
  const blocks = metadataCount(main, `${metadataString(main, 'general.architecture')}.block_count`);
  if (blocks === null) return;
  for (const { name, file } of shards) {
    const tensor = file.tensors.find((one) => Number(/^blk\.(\d+)\./.exec(one.name)?.[1] ?? -1) >= blocks);
    if (tensor === undefined) continue;
    const label = escapeText(tensor.name, 80);
    throw failure(
      'GGUF_SHARD_FOREIGN',
      `${escapeText(name)} holds ${label}, and the model has no such block.`,
      {
        tensor: label,
        expected: `blocks 0 to ${blocks - 1}`,
        received: label,
      },
    );
  }
}

/** llama-gguf-split leaves the metadata in the first shard only; where another names an architecture, it is the same. */
function checkArchitectures(shards: readonly NamedGguf[]): void {
  const named = shards.flatMap(({ name, file }) => {
    const architecture = metadataString(file, 'general.architecture');
    return architecture === null ? [] : [{ name, architecture }];
  });
  const other = named.find(({ architecture }) => architecture !== named[0]?.architecture);
  if (other === undefined) return;
  throw failure(
    'GGUF_SHARD_FOREIGN',
    `${escapeText(other.name)} belongs to a model of another architecture.`,
    {
      expected: escapeText(named[0]?.architecture ?? ''),
      received: escapeText(other.architecture),
    },
  );
}

/** llama-model-loader: no tensor twice, and as many in all as split.tensors.count says. */
function checkTensors(shards: readonly NamedGguf[], firstName: string): void {
  const homes = new Map<string, string>();
  for (const { name, file } of shards) {
    for (const tensor of file.tensors) {
      const home = homes.get(tensor.name);
      if (home !== undefined) {
        throw failure(
          'GGUF_SHARD_DUPLICATE',
          `The tensor ${escapeText(tensor.name, 80)} is in two shards: ${escapeText(home)} and ${escapeText(name)}.`,
          {
            tensor: escapeText(tensor.name, 80),
            expected: 1,
            received: 2,
          },
        );
      }
      homes.set(tensor.name, name);
    }
  }
  for (const { name, file } of shards) {
    const claimed = readSplit(file)?.tensorsCount ?? homes.size;
    if (claimed === homes.size) continue;
    throw failure(
      'GGUF_SHARD_MISMATCH',
      `${escapeText(name)} says how many tensors the shards of ${escapeText(firstName)} hold, and is wrong.`,
      {
        expected: `${claimed} tensors`,
        received: `${homes.size} tensors`,
      },
    );
  }
}

function failure(code: GgufCode, message: string, details: JsonObject): GgufFailure {
  return new GgufFailure(code, message, { details });
}

/**
 * Judges a Hugging Face model directory: whole, loadable by name, and free of files that run code. It reads headers and
 * small files only, never the weights.
 */
import { escapeText, throwIfAborted, type Warning } from '../core/index.ts';
import { withFileSource } from '../system/index.ts';
import { parseHfConfig, type HfConfig } from './config.ts';
import { HfFailure } from './error.ts';
import { MAX_CONFIG_BYTES, MAX_INDEX_BYTES } from './limits.ts';
import { listModelFiles } from './list-files.ts';
import { parseSafetensorsHeader } from './safetensors.ts';
import { assertIndexMatches, INDEX_NAME, isShardName, parseShardIndex } from './shard-index.ts';
import type { HfFacts, HfFile, SafetensorsHeader } from './types.ts';
import { findUnsafeReason, UNSAFE_HEAD_BYTES } from './unsafe-file.ts';

export interface CheckHfOptions {
  /** Lets files pass that run code when they are loaded. */
  readonly allowUnsafeFiles?: boolean;
  readonly signal?: AbortSignal | undefined;
}

type Headers = ReadonlyMap<string, SafetensorsHeader>;

/** Throws `HF_*`, `SYSTEM_FILE_*`, `CORE_JSON_*`, `CORE_INTERRUPTED`. */
export async function checkHfDirectory(path: string, { signal }: CheckHfOptions = {}): Promise<HfFacts> {
  const { files, leftOut } = await listModelFiles(path, { signal });
  for (const file of files) {
    throwIfAborted(signal);
    await assertSafe(file);
  }
  const config = await readConfig(path, files);
  assertTokenizer(path, files);
  const headers = await readHeaders(files, signal);
  const weights = await findWeights(path, files, headers);
  return {
    path,
    files,
    leftOut,
    totalSizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    modelType: config.modelType,
    architectures: config.architectures,
    parameterCount: weights.reduce((sum, name) => sum + countElements(headers.get(name)), 0),
    chatTemplates: [],
    unsafeFiles: [],
    warnings: [...config.warnings, ...extraWeights(headers, weights)],
  };
}

async function assertSafe(file: HfFile): Promise<void> {
  const head = await withFileSource(file.absolutePath, (source) =>
    source.read(0, Math.min(UNSAFE_HEAD_BYTES, source.sizeBytes)),
  );
  const reason = findUnsafeReason(file.path, head) ?? findUnsafeReason(file.absolutePath, head);
  if (reason === null) return;
  throw new HfFailure('HF_UNSAFE_FILE', `${escapeText(file.path)} is ${reason}.`, {
    details: { path: file.path, expected: 'safetensors, JSON and text', received: reason },
  });
}

async function readConfig(path: string, files: readonly HfFile[]): Promise<HfConfig> {
  const file = findFile(files, 'config.json');
  if (file === undefined) {
    throw new HfFailure('HF_CONFIG_INVALID', `${escapeText(path)} holds no config.json.`, {
      details: { path, expected: 'config.json', received: 'no such file' },
    });
  }
  return parseHfConfig(await readSmall(file, MAX_CONFIG_BYTES));
}

function assertTokenizer(path: string, files: readonly HfFile[]): void {
  const names = ['tokenizer.json', 'tokenizer.model'];
  if (names.some((name) => (findFile(files, name)?.sizeBytes ?? 0) > 0)) return;
  throw new HfFailure('HF_TOKENIZER_MISSING', `${escapeText(path)} holds no tokenizer.`, {
    details: { path, expected: names.join(' or '), received: 'neither, or an empty one' },
  });
}

/** Of every safetensors file, in folders too: an unsound one never ships. */
async function readHeaders(files: readonly HfFile[], signal: AbortSignal | undefined): Promise<Headers> {
  const headers = new Map<string, SafetensorsHeader>();
  for (const file of files.filter(({ path }) => path.toLowerCase().endsWith('.safetensors'))) {
    throwIfAborted(signal);
    headers.set(file.path, await withFileSource(file.absolutePath, parseSafetensorsHeader));
  }
  return headers;
}

/** The files that make up the model, as transformers looks for them: one file, or the shards of the index. */
async function findWeights(
  path: string,
  files: readonly HfFile[],
  headers: Headers,
): Promise<readonly string[]> {
  if (headers.has('model.safetensors')) return ['model.safetensors'];
  const indexFile = findFile(files, INDEX_NAME);
  if (indexFile !== undefined) {
    const index = parseShardIndex(await readSmall(indexFile, MAX_INDEX_BYTES));
    assertIndexMatches(index, headers);
    return [...new Set(index.values())];
  }
  const shard = [...headers.keys()].find(isShardName);
  if (shard !== undefined) {
    throw new HfFailure(
      'HF_INDEX_INVALID',
      `${escapeText(shard)} is one shard of several, and ${INDEX_NAME} is missing.`,
      {
        details: { path, expected: INDEX_NAME, received: 'no such file' },
      },
    );
  }
  const others = [...headers.keys()].filter((name) => !name.includes('/'));
  if (others.length > 0) return others;
  throw new HfFailure('HF_WEIGHTS_MISSING', `${escapeText(path)} holds no weights.`, {
    details: {
      path,
      expected: `model.safetensors, or ${INDEX_NAME} and its shards`,
      received: 'no safetensors file',
    },
  });
}

function extraWeights(headers: Headers, weights: readonly string[]): Warning[] {
  const extra = [...headers.keys()].filter((name) => !weights.includes(name));
  if (extra.length === 0) return [];
  const names = extra.slice(0, 3).map((name) => escapeText(name, 120));
  return [
    {
      code: 'HF_EXTRA_WEIGHTS',
      message: `${extra.length} safetensors files are not part of the model and ship with it: ${names.join(', ')}.`,
    },
  ];
}

function countElements(header: SafetensorsHeader | undefined): number {
  return header?.tensors.reduce((sum, { elementCount }) => sum + elementCount, 0) ?? 0;
}

function findFile(files: readonly HfFile[], path: string): HfFile | undefined {
  return files.find((file) => file.path === path);
}

async function readSmall(file: HfFile, maxBytes: number): Promise<Uint8Array> {
  // One byte more than allowed, so that the parser refuses with its own words.
  return withFileSource(file.absolutePath, (source) =>
    source.read(0, Math.min(source.sizeBytes, maxBytes + 1)),
  );
}

/**
 * Judges a Hugging Face model directory: whole, loadable by name, and made of nothing but what a model is made of. Of the
 * weights it reads headers only.
 */
import { escapeText, throwIfAborted, type Warning } from '../core/index.ts';
import { withFileSource } from '../system/index.ts';
import { readChatTemplates, type TemplateFile } from './chat-templates.ts';
import { parseHfConfig, type HfConfig } from './config.ts';
import { HfFailure } from './error.ts';
import { judgeFiles, type JudgedFile } from './judge-files.ts';
import { MAX_CONFIG_BYTES, MAX_INDEX_BYTES } from './limits.ts';
import { listModelFiles } from './list-files.ts';
import { assertIndexMatches, INDEX_NAME, isShardName, parseShardIndex } from './shard-index.ts';
import { assertTokenizer } from './tokenizer.ts';
import type { HfFacts, HfFile, HfLeftOut, SafetensorsHeader } from './types.ts';

export interface CheckHfOptions {
  /**
   * Lets ship what would be refused as unsafe (`HF_UNSAFE_FILE`, `HF_REMOTE_CODE`), and lists it under `unsafeFiles`. Links,
   * special files and limits are judged as ever, and the model has to be whole without them.
   */
  readonly allowUnsafeFiles?: boolean;
  readonly signal?: AbortSignal | undefined;
}

type Headers = ReadonlyMap<string, SafetensorsHeader>;

/** Throws `HF_*`, `SYSTEM_FILE_*`, `CORE_JSON_*`, `CORE_TEXT_NOT_UTF8`, `CORE_INTERRUPTED`. */
export async function checkHfDirectory(path: string, options: CheckHfOptions = {}): Promise<HfFacts> {
  return (await inspectDirectory(path, options)).facts;
}

export interface InspectedDirectory {
  readonly facts: HfFacts;
  /** The headers of the files that make up the model, by path. */
  readonly weights: Headers;
}

/** The same, with what was read on the way. */
export async function inspectDirectory(
  path: string,
  { allowUnsafeFiles = false, signal }: CheckHfOptions,
): Promise<InspectedDirectory> {
  const listing = await listModelFiles(path, { signal });
  const judged = await judgeFiles(listing, { allowUnsafeFiles, signal });
  throwIfAborted(signal);
  const files = judged.files.map(({ file }) => file);
  const config = await readConfig(path, files);
  assertTokenizer(path, (name) => judged.files.find(({ file }) => file.path === name));
  assertObjects(judged.files);
  const chatTemplates = await readChatTemplates(files.map(toTemplateFile));
  const headers = headersOf(judged.files);
  const weights = await findWeights(path, files, headers);
  const facts: HfFacts = {
    path,
    files,
    leftOut: judged.leftOut,
    unsafeFiles: judged.unsafeFiles,
    chatTemplates,
    totalSizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    modelType: config.modelType,
    architectures: config.architectures,
    parameterCount: weights.reduce((sum, name) => sum + countElements(headers.get(name)), 0),
    warnings: [...extraWeights(headers, weights), ...notShipped(judged.leftOut)],
  };
  return { facts, weights: new Map([...headers].filter(([name]) => weights.includes(name))) };
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

/** What transformers reads as one JSON object each, at the top of the directory. */
const OBJECT_NAMES = new Set([
  'added_tokens.json',
  'adapter_config.json',
  'chat_template.json',
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'special_tokens_map.json',
  'tokenizer_config.json',
  INDEX_NAME,
]);

function assertObjects(files: readonly JudgedFile[]): void {
  for (const { file, json } of files) {
    if (!OBJECT_NAMES.has(file.path) || json?.kind === 'object') continue;
    throw new HfFailure('HF_JSON_INVALID', `${file.path} does not hold an object.`, {
      details: { path: file.path, expected: 'an object', received: json?.kind ?? 'no JSON document' },
    });
  }
}

function toTemplateFile(file: HfFile): TemplateFile {
  return { path: file.path, sizeBytes: file.sizeBytes, read: (maxBytes) => readSmall(file, maxBytes) };
}

/** Of every file that loaders would take for weights, in folders too. */
function headersOf(files: readonly JudgedFile[]): Headers {
  const headers = new Map<string, SafetensorsHeader>();
  for (const { file, header } of files) {
    if (header !== null && file.path.toLowerCase().endsWith('.safetensors')) headers.set(file.path, header);
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

/** Nothing is left behind without a word. */
function notShipped(leftOut: readonly HfLeftOut[]): Warning[] {
  if (leftOut.length === 0) return [];
  const shown = leftOut.slice(0, 5).map(({ path, reason }) => `${escapeText(path, 120)} (${reason})`);
  const more = leftOut.length > shown.length ? ` and ${leftOut.length - shown.length} more` : '';
  return [
    { code: 'HF_LEFT_OUT', message: `Not a part of the model, and not shipped: ${shown.join(', ')}${more}.` },
  ];
}

function countElements(header: SafetensorsHeader | undefined): number {
  return header?.tensors.reduce((sum, { elementCount }) => sum + elementCount, 0) ?? 0;
}

function findFile(files: readonly HfFile[], path: string): HfFile | undefined {
  return files.find((file) => file.path === path);
}

/** At most that many bytes, and one more where there are more, so that the parser refuses with its own words. */
export async function readSmall(file: HfFile, maxBytes: number): Promise<Uint8Array> {
  return withFileSource(file.absolutePath, (source) =>
    source.read(0, Math.min(source.sizeBytes, maxBytes + 1)),
  );
}

/** `milton quantize`: a Hugging Face directory or a float GGUF becomes a quantized GGUF that was loaded and has generated. */
import { rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { OnProgress, Warning } from '../core/index.ts';
import { runLoadTest } from '../deploy/index.ts';
import type { Engine } from '../engine/index.ts';
import {
  assertOutputFree,
  convertModel,
  openQuantizationMeans,
  quantizeGguf,
  QUANTIZATION_TYPES,
  type ConvertedByEither,
  type QuantizationMeans,
  type QuantizationType,
  type UsedMatrix,
} from '../quantize/index.ts';
import { toSystemFailure, type StateDirectory } from '../system/index.ts';

export interface QuantizeModelRequest {
  /** A directory in Hugging Face form, or a GGUF in F32, F16 or BF16. */
  readonly path: string;
  readonly type: QuantizationType;
  /** Null for `models/quantized/quantized_<name>_<bits>bit/` in the state directory. */
  readonly outDir: string | null;
  readonly threads: number | null;
  /** An importance matrix of the model. */
  readonly imatrix: string | null;
  /** A llama-quantize, or `packaged`. Null for that of `llamaCppDir`, or the packaged library. */
  readonly tool: string | null;
  /** A llama.cpp of the owner's (`LLAMA_CPP_DIR`): quantizes, and converts what is not known here. */
  readonly llamaCppDir: string | null;
  /** Keeps the GGUF in the type of the directory's own weights. */
  readonly keepIntermediate: boolean;
  /** Says what would come of it; a directory is converted for it, and removed again. */
  readonly dryRun: boolean;
}

export interface QuantizeModelContext {
  readonly state: StateDirectory;
  readonly engine: Engine;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface QuantizedModel {
  readonly path: string;
  readonly type: QuantizationType;
  /** Of the float GGUF. */
  readonly sourceBytes: number;
  readonly sizeBytes: number;
  readonly dryRun: boolean;
  /** What was made on the way and kept; null where nothing was. */
  readonly intermediate: string | null;
  /** Of llama.cpp, as it calls itself. */
  readonly release: string;
  /** The llama-quantize that was used; null for the packaged library. */
  readonly tool: string | null;
  readonly imatrix: UsedMatrix | null;
  /** The convert_hf_to_gguf.py that was used; null where it was converted here, or not at all. */
  readonly script: string | null;
  /** Of the load test; null in a dry run. */
  readonly tokensPerSecond: number | null;
  readonly warnings: readonly Warning[];
}

/** Throws `QUANTIZE_*`, `CONVERT_*`, `HF_*`, `GGUF_*`, `ENGINE_*`, `DEPLOY_LOAD_TEST_FAILED`, `SYSTEM_*`; nothing is left then. */
export async function quantizeModel(
  request: QuantizeModelRequest,
  context: QuantizeModelContext,
): Promise<QuantizedModel> {
  const path = resolve(request.path);
  const outDir = resolve(request.outDir ?? defaultFolder(path, request.type, context.state));
  // Before the long work of converting, not after it.
  await assertOutputFree(outputPath(outDir, request.type));
  const means = await openQuantizationMeans([request.type], { ...request, signal: context.signal });
  if (!(await isDirectory(path)))
    return quantizeFloats(path, { request, outDir, means, intermediate: null }, context);
  const isNewFolder = !(await isThere(outDir));
  const converted = await convert(path, outDir, request, context);
  const keeps = request.keepIntermediate && !request.dryRun;
  try {
    const intermediate = keeps ? converted.path : null;
    const made = await quantizeFloats(converted.path, { request, outDir, means, intermediate }, context);
    return { ...made, script: converted.script, warnings: [...converted.warnings, ...made.warnings] };
  } finally {
    if (!keeps) await rm(converted.path, { force: true });
    // Where nothing came of it, neither does the folder stay.
    if (isNewFolder) await rmdir(outDir).catch(() => undefined);
  }
}

interface Making {
  readonly request: QuantizeModelRequest;
  readonly outDir: string;
  readonly means: QuantizationMeans;
  readonly intermediate: string | null;
}

async function quantizeFloats(
  source: string,
  { request: { type, threads, dryRun }, outDir, means, intermediate }: Making,
  { engine, onProgress, signal }: QuantizeModelContext,
): Promise<QuantizedModel> {
  let tokensPerSecond: number | null = null;
  const found: Warning[] = [];
  const made = await quantizeGguf(source, {
    type,
    outPath: outputPath(outDir, type),
    dryRun,
    means,
    onProgress,
    signal,
    ...(threads === null ? {} : { threads }),
    // Before it has a name: what does not run is never there.
    async verify(path) {
      onProgress?.({ kind: 'step', step: 'load-test', message: 'Loading it and having it generate' });
      const how = { engine, tokens: LOAD_TEST_TOKENS, skip: false, summary: null, signal };
      const { report, warnings } = await runLoadTest({ kind: 'gguf', paths: [path] }, how);
      tokensPerSecond = report.tokens_per_second;
      found.push(...warnings);
    },
  });
  const { path, sourceBytes, sizeBytes, release, tool, imatrix } = made;
  const warnings = [...made.warnings, ...found];
  const by = { release, tool, imatrix, script: null };
  return { path, type, sourceBytes, sizeBytes, dryRun, intermediate, ...by, tokensPerSecond, warnings };
}

const LOAD_TEST_TOKENS = 16;

/** Beside what comes of it, so that one disk has to have the room. */
async function convert(
  path: string,
  outDir: string,
  { llamaCppDir }: QuantizeModelRequest,
  { onProgress, signal }: QuantizeModelContext,
): Promise<ConvertedByEither> {
  return convertModel(path, {
    llamaCppDir,
    outPath: join(outDir, `intermediate-${basename(path)}.gguf`),
    onProgress,
    signal,
  });
}

function outputPath(outDir: string, type: QuantizationType): string {
  return join(outDir, `model-${type.toLowerCase()}.gguf`);
}

function defaultFolder(path: string, type: QuantizationType, state: StateDirectory): string {
  const name = basename(path, extname(path) === '.gguf' ? '.gguf' : '');
  const { bits } = QUANTIZATION_TYPES[type];
  return join(dirname(state.registryFile), 'quantized', `quantized_${name}_${bits}bit`);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

/**
 * A GGUF with float weights becomes one with quantized weights: by llama.cpp's own code in a contained process, into a file
 * that has no name until it was checked against the plan.
 */
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { escapeText, formatBytes, throwIfAborted, type OnProgress, type Warning } from '../core/index.ts';
import type { LlamaCppLibrary } from '../engine/index.ts';
import { readAndCheckGguf, type GgufFile, type GgufPolicyRule } from '../gguf/index.ts';
import {
  fileIdentity,
  makeDirectory,
  readMemory,
  sameIdentity,
  withFileSource,
  withNewFile,
} from '../system/index.ts';
import { QuantizeFailure } from './error.ts';
import type { ImportanceMatrix } from './importance-matrix.ts';
import { importanceBytes } from './importance-table.ts';
import { openLibraryQuantizer } from './library-quantizer.ts';
import {
  IMATRIX_COPIES,
  QUANTIZE_BASE_MS,
  QUANTIZER_BASELINE_BYTES,
  QUANTIZER_BUFFERS_BYTES,
  SLOWEST_BYTES_PER_MS,
  SLOWEST_SEARCHED_BYTES_PER_MS,
  TENSOR_COPIES,
} from './limits.ts';
import { assertMatrixGiven, assertSameModel, judgeCoverage } from './match-importance.ts';
import { assertOutputFree, assertRoom, onlyName, orDiskFull } from './output-file.ts';
import {
  assertPlanned,
  assertQuantizable,
  planQuantization,
  type QuantizationPlan,
} from './plan-quantization.ts';
import type { QuantizationMeans } from './quantization-means.ts';
import type { QuantizationType } from './quantization-types.ts';
import { quantizationProgress } from './quantization-progress.ts';
import type { QuantizerProcessOptions } from './quantizer-process.ts';
import { openToolQuantizer } from './tool-quantizer.ts';

export interface QuantizeGgufOptions {
  readonly type: QuantizationType;
  /** The file to be made; its folder is made too. */
  readonly outPath: string;
  /** Threads that compute. Default: all processors, as the library itself does. */
  readonly threads?: number;
  /** Policy rules of the GGUF check that the source may break. */
  readonly allow?: readonly GgufPolicyRule[];
  /** Looks at the file before it has a name; what it throws leaves nothing behind. */
  readonly verify?: (path: string) => Promise<void>;
  /** Says what would come of it, and writes nothing. */
  readonly dryRun?: boolean;
  /** Default: the packaged library, and no importance matrix. */
  readonly means?: QuantizationMeans;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Null where there is none. Default: that of the installed node-llama-cpp. */
  readonly library?: LlamaCppLibrary | null;
  readonly childPath?: string | URL;
}

export interface QuantizedGguf {
  readonly path: string;
  readonly type: QuantizationType;
  readonly sourceBytes: number;
  /** Of the file; in a dry run, as it would be but for a few bytes of metadata. */
  readonly sizeBytes: number;
  readonly tensorCount: number;
  /** Of llama.cpp, as it calls itself. */
  readonly release: string;
  /** The llama-quantize that was used instead of the packaged library; null where none was. */
  readonly tool: string | null;
  /** The importance matrix that was used. */
  readonly imatrix: UsedMatrix | null;
  readonly dryRun: boolean;
  readonly warnings: readonly Warning[];
}

export interface UsedMatrix {
  readonly path: string;
  /** Weights that it tells of. */
  readonly entryCount: number;
  /** Pieces of text that it was made from; 0 where it does not say. */
  readonly chunkCount: number;
}

/** Throws `QUANTIZE_*`, `GGUF_*`, `SYSTEM_*`, `CORE_INTERRUPTED`; nothing is left at the target then. */
export async function quantizeGguf(path: string, options: QuantizeGgufOptions): Promise<QuantizedGguf> {
  const { type, dryRun = false, allow = [], means = PACKAGED, signal, onProgress } = options;
  const { tool, matrix } = means;
  const source = resolve(path);
  const outPath = resolve(options.outPath);
  throwIfAborted(signal);
  assertMatrixGiven(type, matrix?.path ?? null);
  const quantizer = tool === null ? await openLibraryQuantizer(options) : openToolQuantizer(tool);
  const before = await fileIdentity(source);
  const { file, check } = await readGguf(source, { allow, signal });
  assertQuantizable(file);
  if (matrix !== null) assertSameModel(matrix, file);
  await assertOutputFree(outPath, source);
  const job = { inputPath: source, type, threads: options.threads ?? availableParallelism(), matrix };
  const limits = limitsFor(file, options);
  onProgress?.({ kind: 'step', step: 'plan', message: `Asking llama.cpp what ${type} makes of each tensor` });
  const asked = await quantizer.run({ ...job, outputPath: '', dryRun: true }, limits);
  const plan = planQuantization(file, asked.tensors);
  const coverage = judgeCoverage(matrix, file, { types: plan.types, type });
  const expectedBytes = file.dataOffset + plan.dataBytes;
  await assertMemory(plan, means);
  await assertRoom(dirname(outPath), expectedBytes);
  const result = {
    path: outPath,
    type,
    sourceBytes: file.sizeBytes,
    tensorCount: file.tensors.length,
    release: asked.version,
    tool: quantizer.toolPath,
    imatrix: matrix === null ? null : toUsed(matrix),
    dryRun,
    warnings: [...check.warnings, ...coverage, ...asked.missingProtections.map(missingProtection)],
  };
  if (dryRun) return { ...result, sizeBytes: expectedBytes };
  await makeDirectory(dirname(outPath));
  let sizeBytes = 0;
  await withNewFile(
    { directory: dirname(outPath), name: onlyName(outPath) },
    async (_handle, _path, outputPath) => {
      onProgress?.({
        kind: 'step',
        step: 'quantize',
        message: `Quantizing ${formatBytes(file.sizeBytes)} to ${type}`,
      });
      const onTensors = quantizationProgress(file, onProgress);
      await quantizer
        .run({ ...job, outputPath, dryRun: false }, { ...limits, onTensors })
        .catch(async (error: unknown) => {
          throw await orDiskFull(error, outPath);
        });
      if (!sameIdentity(before, await fileIdentity(source))) throw changed(source);
      if (matrix !== null) await assertSameMatrix(matrix);
      const made = await readGguf(outputPath, { allow, signal });
      assertPlanned(file, made.file, plan);
      sizeBytes = made.file.sizeBytes;
      await options.verify?.(outputPath);
    },
  );
  return { ...result, sizeBytes };
}

interface ReadOptions {
  readonly allow: readonly GgufPolicyRule[];
  readonly signal: AbortSignal | undefined;
}

function readGguf(path: string, { allow, signal }: ReadOptions): ReturnType<typeof readAndCheckGguf> {
  const options = { allow, ...(signal === undefined ? {} : { signal }) };
  return withFileSource(path, (source) => readAndCheckGguf(source, options));
}

const PACKAGED: QuantizationMeans = { tool: null, matrix: null };

function toUsed({ path, entries, chunkCount }: ImportanceMatrix): UsedMatrix {
  return { path, entryCount: entries.length, chunkCount };
}

async function assertSameMatrix({ path, identity }: ImportanceMatrix): Promise<void> {
  if (!sameIdentity(identity, await fileIdentity(path))) throw changed(path);
}

function limitsFor(
  { sizeBytes, tensors }: GgufFile,
  { type, signal, means = PACKAGED }: QuantizeGgufOptions,
): QuantizerProcessOptions {
  const largest = Math.max(0, ...tensors.map((tensor) => tensor.sizeBytes));
  const slowest = type.startsWith('IQ') ? SLOWEST_SEARCHED_BYTES_PER_MS : SLOWEST_BYTES_PER_MS;
  return {
    memoryBytes: QUANTIZER_BASELINE_BYTES + heldBytes(largest, means),
    wallMs: QUANTIZE_BASE_MS + Math.ceil(sizeBytes / slowest),
    signal,
  };
}

/**
 * The source itself is mapped, and needs no memory of its own. The library works in pieces; a llama-quantize may be an old
 * one that does not.
 */
function heldBytes(largestTensorBytes: number, { tool, matrix }: QuantizationMeans): number {
  const tensorBytes = TENSOR_COPIES * largestTensorBytes;
  const matrixBytes = matrix === null ? 0 : IMATRIX_COPIES * importanceBytes(matrix);
  return matrixBytes + (tool === null ? Math.min(tensorBytes, QUANTIZER_BUFFERS_BYTES) : tensorBytes);
}

async function assertMemory(
  { largestTensorBytes }: QuantizationPlan,
  means: QuantizationMeans,
): Promise<void> {
  const { availableBytes } = await readMemory();
  // What is set aside for Node and the library is a limit, not a need: a quarter of it was seen.
  const neededBytes = QUANTIZER_BASELINE_BYTES / 4 + heldBytes(largestTensorBytes, means);
  if (neededBytes <= availableBytes) return;
  throw new QuantizeFailure(
    'QUANTIZE_OUT_OF_MEMORY',
    `Quantizing may need ${formatBytes(neededBytes)} of memory, and ${formatBytes(availableBytes)} are available.`,
    {
      details: { expected: `${neededBytes} bytes available`, received: `${availableBytes} bytes available` },
    },
  );
}

function changed(path: string): QuantizeFailure {
  return new QuantizeFailure('QUANTIZE_RESULT_WRONG', `${escapeText(path)} changed while it was quantized.`, {
    hint: 'Wait until whatever writes that file is done, then run the same command again.',
    details: { path, expected: 'the file that was checked', received: 'another one' },
  });
}

function missingProtection(what: string): Warning {
  return { code: 'QUANTIZE_PROTECTION_MISSING', message: `The quantizer ran without a protection: ${what}` };
}

/**
 * A GGUF with float weights becomes one with quantized weights: by llama.cpp's own code in a contained process, into a file
 * that has no name until it was checked against the plan.
 */
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { escapeText, formatBytes, throwIfAborted, type OnProgress, type Warning } from '../core/index.ts';
import { findLlamaCppLibrary, type LlamaCppLibrary } from '../engine/index.ts';
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
import {
  QUANTIZE_BASE_MS,
  QUANTIZER_BASELINE_BYTES,
  QUANTIZER_BUFFERS_BYTES,
  SLOWEST_BYTES_PER_MS,
  TENSOR_COPIES,
} from './limits.ts';
import { QUANTIZER_RELEASE } from './llama-quantizer.ts';
import { assertOutputFree, assertRoom, onlyName } from './output-file.ts';
import {
  assertPlanned,
  assertQuantizable,
  planQuantization,
  type QuantizationPlan,
} from './plan-quantization.ts';
import { QUANTIZATION_TYPES, type QuantizationType } from './quantization-types.ts';
import { quantizationProgress } from './quantization-progress.ts';
import { runQuantizer, type QuantizerProcessOptions } from './quantizer-process.ts';

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
  /** Of llama.cpp. */
  readonly release: string;
  readonly dryRun: boolean;
  readonly warnings: readonly Warning[];
}

/** Throws `QUANTIZE_*`, `GGUF_*`, `SYSTEM_*`, `CORE_INTERRUPTED`; nothing is left at the target then. */
export async function quantizeGguf(path: string, options: QuantizeGgufOptions): Promise<QuantizedGguf> {
  const { type, dryRun = false, allow = [], signal, onProgress } = options;
  const source = resolve(path);
  const outPath = resolve(options.outPath);
  throwIfAborted(signal);
  const library = await findKnownLibrary(options.library);
  const before = await fileIdentity(source);
  const { file, check } = await readGguf(source, { allow, signal });
  assertQuantizable(file);
  await assertOutputFree(outPath, source);
  const order = {
    libraryPath: library.path,
    inputPath: source,
    fileType: QUANTIZATION_TYPES[type].fileType,
    threads: options.threads ?? availableParallelism(),
  };
  const limits = limitsFor(file, options);
  onProgress?.({ kind: 'step', step: 'plan', message: `Asking llama.cpp what ${type} makes of each tensor` });
  const asked = await runQuantizer({ ...order, outputPath: '', dryRun: true }, limits);
  const plan = planQuantization(file, asked.tensors);
  const expectedBytes = file.dataOffset + plan.dataBytes;
  await assertMemory(plan);
  await assertRoom(dirname(outPath), expectedBytes);
  const result = {
    path: outPath,
    type,
    sourceBytes: file.sizeBytes,
    tensorCount: file.tensors.length,
    release: library.release,
    dryRun,
    warnings: [...check.warnings, ...asked.missingProtections.map(missingProtection)],
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
      await runQuantizer({ ...order, outputPath, dryRun: false }, { ...limits, onTensors });
      if (!sameIdentity(before, await fileIdentity(source))) throw changed(source);
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

async function findKnownLibrary(given: LlamaCppLibrary | null | undefined): Promise<LlamaCppLibrary> {
  const library = given === undefined ? await findLlamaCppLibrary() : given;
  if (library === null) {
    throw new QuantizeFailure(
      'QUANTIZE_NO_LIBRARY',
      'The library of llama.cpp, which does the quantizing, is not installed for this machine.',
      { details: { expected: 'node-llama-cpp 3.22.1', received: 'none' } },
    );
  }
  if (library.release === QUANTIZER_RELEASE) return library;
  const received = escapeText(library.release);
  throw new QuantizeFailure(
    'QUANTIZE_LIBRARY_UNKNOWN',
    `The installed llama.cpp is ${received}, and ${QUANTIZER_RELEASE} is known.`,
    {
      details: { expected: `llama.cpp ${QUANTIZER_RELEASE}`, received },
    },
  );
}

function limitsFor(
  { sizeBytes, tensors }: GgufFile,
  { signal, childPath }: QuantizeGgufOptions,
): QuantizerProcessOptions {
  const largest = Math.max(0, ...tensors.map((tensor) => tensor.sizeBytes));
  return {
    memoryBytes: QUANTIZER_BASELINE_BYTES + heldBytes(largest),
    wallMs: QUANTIZE_BASE_MS + Math.ceil(sizeBytes / SLOWEST_BYTES_PER_MS),
    signal,
    ...(childPath === undefined ? {} : { childPath }),
  };
}

/** The source itself is mapped, and needs no memory of its own. */
function heldBytes(largestTensorBytes: number): number {
  return Math.min(TENSOR_COPIES * largestTensorBytes, QUANTIZER_BUFFERS_BYTES);
}

async function assertMemory({ largestTensorBytes }: QuantizationPlan): Promise<void> {
  const { availableBytes } = await readMemory();
  // What is set aside for Node and the library is a limit, not a need: a quarter of it was seen.
  const neededBytes = QUANTIZER_BASELINE_BYTES / 4 + heldBytes(largestTensorBytes);
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

/** The library of llama.cpp that the embedded engine ships, as what quantizes. */
import { escapeText } from '../core/index.ts';
import { findLlamaCppLibrary, type LlamaCppLibrary } from '../engine/index.ts';
import { QuantizeFailure } from './error.ts';
import { importanceKeys } from './key-overrides.ts';
import { QUANTIZER_RELEASE } from './llama-quantizer.ts';
import { QUANTIZATION_TYPES } from './quantization-types.ts';
import type { QuantizerBackend } from './quantizer-backend.ts';
import { runQuantizer } from './quantizer-process.ts';

export interface LibraryQuantizerOptions {
  /** Null where there is none. Default: that of the installed node-llama-cpp. */
  readonly library?: LlamaCppLibrary | null | undefined;
  /** The module that runs in the process. */
  readonly childPath?: string | URL | undefined;
}

/** Throws `QUANTIZE_NO_LIBRARY`, `QUANTIZE_LIBRARY_UNKNOWN`. */
export async function openLibraryQuantizer({
  library: given,
  childPath,
}: LibraryQuantizerOptions): Promise<QuantizerBackend> {
  const { path: libraryPath, release } = await findKnownLibrary(given);
  return {
    toolPath: null,
    async run({ inputPath, outputPath, type, threads, dryRun, matrix }, options) {
      const order = {
        libraryPath,
        inputPath,
        outputPath,
        fileType: QUANTIZATION_TYPES[type].fileType,
        threads,
        dryRun,
        imatrix: matrix === null ? null : { path: matrix.path, entries: dryRun ? [] : matrix.entries },
        overrides: matrix === null ? [] : importanceKeys(matrix),
      };
      const child = childPath === undefined ? {} : { childPath };
      return { ...(await runQuantizer(order, { ...options, ...child })), version: release };
    },
  };
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

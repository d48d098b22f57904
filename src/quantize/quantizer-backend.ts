/** What does the quantizing: the packaged library, or a llama-quantize of the owner's. Both are asked the same. */
import type { ImportanceMatrix } from './importance-matrix.ts';
import type { QuantizationType } from './quantization-types.ts';
import type { QuantizerProcessOptions, QuantizerResult } from './quantizer-process.ts';

export interface QuantizationJob {
  readonly inputPath: string;
  /** Empty in a dry run. */
  readonly outputPath: string;
  readonly type: QuantizationType;
  readonly threads: number;
  readonly dryRun: boolean;
  readonly matrix: ImportanceMatrix | null;
}

export interface BackendResult extends QuantizerResult {
  /** Of llama.cpp, as it calls itself. */
  readonly version: string;
}

export interface QuantizerBackend {
  /** Of the llama-quantize; null for the library. */
  readonly toolPath: string | null;
  /** Throws `QUANTIZE_*`, `CORE_INTERRUPTED`. */
  run(job: QuantizationJob, options: QuantizerProcessOptions): Promise<BackendResult>;
}

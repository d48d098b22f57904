/** What a quantization works with beside the model, found and judged before any long work. */
import { readImportanceMatrix, type ImportanceMatrix } from './importance-matrix.ts';
import { assertMatrixGiven } from './match-importance.ts';
import { findQuantizeTool, type FindToolOptions, type QuantizeTool } from './quantize-tool.ts';
import type { QuantizationType } from './quantization-types.ts';

export interface QuantizationMeans {
  /** A llama-quantize; null for the packaged library. */
  readonly tool: QuantizeTool | null;
  readonly matrix: ImportanceMatrix | null;
}

export interface OpenMeansOptions extends FindToolOptions {
  /** The path of an importance matrix. */
  readonly imatrix: string | null;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `QUANTIZE_IMATRIX_*`, `QUANTIZE_TOOL_*`, `GGUF_*`, `SYSTEM_FILE_*`, `CORE_INTERRUPTED`. */
export async function openQuantizationMeans(
  types: readonly QuantizationType[],
  options: OpenMeansOptions,
): Promise<QuantizationMeans> {
  const { imatrix, signal } = options;
  for (const type of types) assertMatrixGiven(type, imatrix);
  const tool = await findQuantizeTool(options);
  return { tool, matrix: imatrix === null ? null : await readImportanceMatrix(imatrix, { signal }) };
}

/** `quantize`: a GGUF from a Hugging Face directory, and a small one from that, by llama.cpp's own quantizer. */
export { convertHf, type ConvertedModel, type ConvertHfOptions } from './convert-hf.ts';
export { convertModel, type ConvertedByEither, type ConvertModelOptions } from './convert-model.ts';
export { QUANTIZE_FAILURES, QuantizeFailure, type QuantizeCode } from './error.ts';
export {
  DEFAULT_QUANTIZATION_TYPE,
  QUANTIZATION_TYPES,
  quantizationTypeOf,
  type QuantizationType,
} from './quantization-types.ts';
export {
  openQuantizationMeans,
  type OpenMeansOptions,
  type QuantizationMeans,
} from './quantization-means.ts';
export { readImportanceMatrix, type ImportanceMatrix } from './importance-matrix.ts';
export type { ImportanceEntry, ImportanceTable } from './importance-table.ts';
export type { QuantizeTool } from './quantize-tool.ts';
export { assertOutputFree } from './output-file.ts';
export {
  quantizeGguf,
  type QuantizedGguf,
  type QuantizeGgufOptions,
  type UsedMatrix,
} from './quantize-gguf.ts';

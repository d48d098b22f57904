/** `quantize`: a GGUF from a Hugging Face directory, and a small one from that, by llama.cpp's own quantizer. */
export type { ConvertedModel, ConvertHfOptions } from './convert-hf.ts';
export type { ConvertedByEither, ConvertModelOptions } from './convert-model.ts';
export { QUANTIZE_FAILURES, QuantizeFailure, type QuantizeCode } from './error.ts';
export {
  DEFAULT_QUANTIZATION_TYPE,
  QUANTIZATION_TYPES,
  quantizationTypeOf,
  type QuantizationType,
} from './quantization-types.ts';
export { convertHf, convertModel, quantizeGguf } from './on-first-use.ts';
export { withOutline } from './outline.ts';
export { assertOutputFree, assertRoom } from './output-file.ts';
export {
  openQuantizationMeans,
  type OpenMeansOptions,
  type QuantizationMeans,
} from './quantization-means.ts';
export { readImportanceMatrix, type ImportanceMatrix } from './importance-matrix.ts';
export type { ImportanceEntry, ImportanceTable } from './importance-table.ts';
export type { QuantizeTool } from './quantize-tool.ts';
export type { QuantizedGguf, QuantizeGgufOptions, UsedMatrix } from './quantize-gguf.ts';

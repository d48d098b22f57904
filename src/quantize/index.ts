/** `quantize`: a GGUF from a Hugging Face directory, and a small one from that, by llama.cpp's own quantizer. */
export type { ConvertedModel, ConvertHfOptions } from './convert-hf.ts';
export { QUANTIZE_FAILURES, QuantizeFailure, type QuantizeCode } from './error.ts';
export {
  DEFAULT_QUANTIZATION_TYPE,
  QUANTIZATION_TYPES,
  quantizationTypeOf,
  type QuantizationType,
} from './quantization-types.ts';
export { assertOutputFree } from './output-file.ts';
export { convertHf, quantizeGguf } from './on-first-use.ts';
export type { QuantizedGguf, QuantizeGgufOptions } from './quantize-gguf.ts';

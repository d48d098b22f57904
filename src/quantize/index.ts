/** `quantize`: a GGUF from a Hugging Face directory, and a small one from that, by llama.cpp's own quantizer. */
export { convertHf, type ConvertedModel, type ConvertHfOptions } from './convert-hf.ts';
export { QUANTIZE_FAILURES, QuantizeFailure, type QuantizeCode } from './error.ts';
export {
  DEFAULT_QUANTIZATION_TYPE,
  QUANTIZATION_TYPES,
  quantizationTypeOf,
  type QuantizationType,
} from './quantization-types.ts';
export { withOutline } from './outline.ts';
export { assertOutputFree, assertRoom } from './output-file.ts';
export { quantizeGguf, type QuantizedGguf, type QuantizeGgufOptions } from './quantize-gguf.ts';

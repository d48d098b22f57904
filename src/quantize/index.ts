/** `quantize`: making a GGUF small. llama.cpp's own quantizer, in a contained process. */
export { QUANTIZE_FAILURES, QuantizeFailure, type QuantizeCode } from './error.ts';
export {
  DEFAULT_QUANTIZATION_TYPE,
  QUANTIZATION_TYPES,
  quantizationTypeOf,
  type QuantizationType,
} from './quantization-types.ts';
export { quantizeGguf, type QuantizedGguf, type QuantizeGgufOptions } from './quantize-gguf.ts';

/** What a model can be quantized to: the mixes of llama.cpp, and which of them are worth nothing without an importance matrix. */

export interface QuantizationTypeFacts {
  /** `llama_ftype` of llama.h. */
  readonly fileType: number;
  /** Of most of the weights, as it stands in names of folders. */
  readonly bits: number;
  /** `tensor_requires_imatrix` (llama-quant.cpp): without one llama.cpp refuses, "the result will be garbage". */
  readonly needsMatrix?: true;
}

export const QUANTIZATION_TYPES = {
  F32: { fileType: 0, bits: 32 },
  F16: { fileType: 1, bits: 16 },
  BF16: { fileType: 32, bits: 16 },
  Q8_0: { fileType: 7, bits: 8 },
  Q6_K: { fileType: 18, bits: 6 },
  Q5_K_M: { fileType: 17, bits: 5 },
  Q5_K_S: { fileType: 16, bits: 5 },
  Q5_1: { fileType: 9, bits: 5 },
  Q5_0: { fileType: 8, bits: 5 },
  Q4_K_M: { fileType: 15, bits: 4 },
  Q4_K_S: { fileType: 14, bits: 4 },
  Q4_1: { fileType: 3, bits: 4 },
  Q4_0: { fileType: 2, bits: 4 },
  IQ4_NL: { fileType: 25, bits: 4 },
  IQ4_XS: { fileType: 30, bits: 4 },
  Q3_K_L: { fileType: 13, bits: 3 },
  Q3_K_M: { fileType: 12, bits: 3 },
  Q3_K_S: { fileType: 11, bits: 3 },
  IQ3_M: { fileType: 27, bits: 3 },
  IQ3_S: { fileType: 26, bits: 3 },
  IQ3_XS: { fileType: 22, bits: 3, needsMatrix: true },
  IQ3_XXS: { fileType: 23, bits: 3, needsMatrix: true },
  Q2_K: { fileType: 10, bits: 2 },
  Q2_K_S: { fileType: 21, bits: 2, needsMatrix: true },
  IQ2_M: { fileType: 29, bits: 2, needsMatrix: true },
  IQ2_S: { fileType: 28, bits: 2, needsMatrix: true },
  IQ2_XS: { fileType: 20, bits: 2, needsMatrix: true },
  IQ2_XXS: { fileType: 19, bits: 2, needsMatrix: true },
  IQ1_M: { fileType: 31, bits: 1, needsMatrix: true },
  IQ1_S: { fileType: 24, bits: 1, needsMatrix: true },
} as const satisfies Readonly<Record<string, QuantizationTypeFacts>>;

export type QuantizationType = keyof typeof QUANTIZATION_TYPES;

export const DEFAULT_QUANTIZATION_TYPE: QuantizationType = 'Q4_0';

/** By its name in any case; null for what is none. */
export function quantizationTypeOf(text: string): QuantizationType | null {
  const name = text.toUpperCase();
  return Object.hasOwn(QUANTIZATION_TYPES, name) ? (name as QuantizationType) : null;
}

/** IEEE 754 half precision (binary16), rounded to nearest even: the scales of ggml's blocks and its F16 tensors. */

/** The 16 bits of a number. Beyond 65504 it becomes infinity, as in hardware. */
export function toHalf(value: number): number {
  return halfOfSingle(new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0);
}

/** The 16 bits of a number given as the 32 bits of single precision. */
export function halfOfSingle(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const shifted = exponent - 127 + 15;
  if (shifted >= 0x1f) return sign | 0x7c00;
  if (shifted > 0) return sign | roundedShift((shifted << 23) | fraction, 13);
  // Subnormal: the hidden one becomes visible and moves right.
  if (shifted < -10) return sign;
  return sign | roundedShift(fraction | 0x800000, 14 - shifted);
}

export function fromHalf(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A carry out of the fraction runs into the exponent, which is what rounding up means there. */
function roundedShift(bits: number, shift: number): number {
  const kept = bits >>> shift;
  const rest = bits & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  return rest > halfway || (rest === halfway && (kept & 1) === 1) ? kept + 1 : kept;
}

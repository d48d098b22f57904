/**
 * By what each frequency of RoPE is divided in a model of the Llama 3.1 kind: the tensor `rope_freqs.weight`. Pure.
 * Source: transformers, modeling_rope_utils.py, `_compute_llama3_parameters`.
 */
import type { Hyperparameters, RopeScaling } from './hyperparameters.ts';

/** One factor for each pair of rows of a head; null where nothing is scaled one by one. */
export function ropeFactors({
  ropeBase,
  ropeScaling,
  headLength,
}: Pick<Hyperparameters, 'ropeBase' | 'ropeScaling' | 'headLength'>): Float32Array | null {
  if (ropeScaling.kind !== 'llama3') return null;
  const factors = new Float32Array(headLength / 2);
  return factors.map((_, pair) => {
    const waveLength = 2 * Math.PI * ropeBase ** ((2 * pair) / headLength);
    return factorOf(waveLength, ropeScaling);
  });
}

/** Short waves stay, long ones are stretched, and those between are somewhere between. `waveLength` is in tokens. */
function factorOf(
  waveLength: number,
  {
    factor,
    lowFrequencyFactor,
    highFrequencyFactor,
    originalContextLength,
  }: Extract<RopeScaling, { readonly kind: 'llama3' }>,
): number {
  if (waveLength < originalContextLength / highFrequencyFactor) return 1;
  if (waveLength > originalContextLength / lowFrequencyFactor) return factor;
  const smooth =
    (originalContextLength / waveLength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return 1 / ((1 - smooth) / factor + smooth);
}

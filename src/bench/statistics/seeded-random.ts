/** Numbers that look random and are the same for the same seed, on every machine. */

/** From 0 up to, not including, 1. */
export type Random = () => number;

/** SplitMix32: 32 bits of state, through a mixer with full avalanche; for resampling, never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** The 256 letters that stand for bytes in a byte-level BPE, in the order of the bytes. Source: Radford et al. 2019, section 2.2, and the code that was published with it. Pure. */

export function byteLetters(): readonly string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}

/** In Latin-1, without the space and the soft hyphen. */
function isPrintable(byte: number): boolean {
  return (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
}

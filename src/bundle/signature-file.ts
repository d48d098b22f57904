/** `model.sig` as it stands in a bundle: the signature, padded to a length that is known before it is made. Pure. */
import { paddingOf } from './tar-header.ts';

const SPACE = 0x20;
const NEWLINE = 0x0a;

/** Spaces and one newline at the end, up to the first multiple of 512 that holds `maxBytes` and the newline. */
export function padSignature(signature: Uint8Array, { maxBytes }: { readonly maxBytes: number }): Uint8Array {
  const padded = new Uint8Array(maxBytes + 1 + paddingOf(maxBytes + 1)).fill(SPACE);
  padded.set(signature);
  padded[padded.length - 1] = NEWLINE;
  return padded;
}

export function stripPadding(padded: Uint8Array): Uint8Array {
  let end = padded.length;
  while (end > 0 && (padded[end - 1] === SPACE || padded[end - 1] === NEWLINE)) end -= 1;
  return padded.subarray(0, end);
}

/** Holds bytes of an archive against the only form they may have. */
import { BundleFailure } from './error.ts';

/** Throws `BUNDLE_NOT_CANONICAL`, with the offset in the archive where it is known. */
export function assertBytes(
  received: Uint8Array,
  expected: Uint8Array,
  { what, offset }: { readonly what: string; readonly offset: number | null },
): void {
  if (Buffer.compare(received, expected) === 0) return;
  const at = expected.findIndex((byte, index) => byte !== received[index]);
  const from = Math.max(0, at);
  const where = offset === null ? '' : ` at offset ${offset + from}`;
  throw new BundleFailure(
    'BUNDLE_NOT_CANONICAL',
    `${what[0]?.toUpperCase()}${what.slice(1)} differs${where} from the only form it may have.`,
    {
      details: {
        ...(offset === null ? {} : { offset: offset + from }),
        expected: toHex(expected.subarray(from, from + 16)),
        received: toHex(received.subarray(from, from + 16)),
      },
    },
  );
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The end of what a process printed: bounded, however much it prints. */

export interface OutputTail {
  append(chunk: Uint8Array): void;
  /** The last bytes as text; a character cut in half at the front is dropped. */
  text(): string;
}

export function outputTail(maxBytes: number): OutputTail {
  const chunks: Uint8Array[] = [];
  let heldBytes = 0;
  let dropped = false;
  return {
    append(chunk) {
      const part = chunk.slice(-maxBytes);
      chunks.push(part);
      heldBytes += part.length;
      dropped ||= part.length < chunk.length || heldBytes > maxBytes;
      // Whole chunks are dropped while what stays is still enough: at most two limits are held.
      while (chunks.length > 1 && heldBytes - (chunks[0]?.length ?? 0) >= maxBytes) {
        heldBytes -= chunks.shift()?.length ?? 0;
      }
    },
    text() {
      const bytes = Buffer.concat(chunks).subarray(-maxBytes);
      if (!dropped) return bytes.toString('utf8');
      let start = 0;
      // UTF-8 continuation bytes are 10xxxxxx (RFC 3629 §3); there are at most three.
      while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
      return bytes.subarray(start).toString('utf8');
    },
  };
}

import { describe, expect, it } from 'vitest';
import { formatMember } from '../../../src/bundle/gzip-frame.ts';
import { StoredReader } from '../../../src/bundle/stored-reader.ts';
import { memorySource } from '../../../src/core/index.ts';
import { noise } from './bundle-fixtures.ts';

async function readAll(member: Uint8Array, payloadBytes: number, step: number): Promise<Buffer> {
  const reader = new StoredReader(memorySource(member), { offset: 0, payloadBytes });
  const parts: Buffer[] = [];
  for (let rest = payloadBytes; rest > 0;) {
    const piece = await reader.next(Math.min(step, rest));
    rest -= piece.length;
    parts.push(Buffer.from(piece));
  }
  await reader.finish();
  return Buffer.concat(parts);
}

describe('StoredReader', () => {
  it('gives back the payload of any length, in steps of any length', async () => {
    for (const size of [1, 65_530, 65_531, 65_532, 4_193_983, 4_193_984, 4_193_985, 9_000_000]) {
      const payload = noise(size);
      for (const step of [size, 100_003])
        expect((await readAll(formatMember(payload), size, step)).equals(payload)).toBe(true);
    }
  });

  it('refuses a changed byte of any block header, at its offset', async () => {
    const payload = noise(5_000_000);
    for (const block of [0, 1, 63, 64, 76]) {
      const member = formatMember(payload);
      const offset = 10 + block * 65_536;
      for (let at = offset; at < offset + 5; at += 1) {
        member[at] = (member[at] ?? 0) ^ 4;
        await expect(readAll(member, payload.length, payload.length)).rejects.toMatchObject({
          code: 'BUNDLE_NOT_CANONICAL',
          details: { offset: at },
        });
        member[at] = (member[at] ?? 0) ^ 4;
      }
    }
  });

  it('refuses a changed byte of the payload by the CRC behind it', async () => {
    const member = formatMember(noise(100_000));
    member[70_000] = (member[70_000] ?? 0) ^ 1;
    await expect(readAll(member, 100_000, 100_000)).rejects.toMatchObject({ code: 'BUNDLE_CORRUPT' });
  });

  it('does not finish before its end', async () => {
    const reader = new StoredReader(memorySource(formatMember(noise(10))), { offset: 0, payloadBytes: 10 });
    await expect(reader.finish()).rejects.toThrow();
  });

  it('stops when it is interrupted', async () => {
    const reader = new StoredReader(memorySource(formatMember(noise(10))), {
      offset: 0,
      payloadBytes: 10,
      signal: AbortSignal.abort(),
    });
    await expect(reader.next(1)).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
  });
});

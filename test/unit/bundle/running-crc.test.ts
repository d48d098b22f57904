import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { RunningCrc, sharedBytes } from '../../../src/bundle/running-crc.ts';
import { noise } from './bundle-fixtures.ts';

const LARGE = 2 ** 30;

describe('RunningCrc', () => {
  let crc = new RunningCrc(0);
  afterEach(() => crc.close());

  it.each([
    ['in a thread', LARGE],
    ['without one', 1000],
  ])('sums up what comes in pieces, %s', async (_, totalBytes) => {
    crc = new RunningCrc(totalBytes);
    const pieces = [1, 70_000, 0, 300_000].map((size) => noise(size));
    for (const piece of pieces) {
      const bytes = sharedBytes(piece.length);
      bytes.set(piece);
      await crc.add(bytes);
      // Before it runs the thread is asked nothing.
      await sleep(100);
    }
    expect(crc.value).toBe(crc32(Buffer.concat(pieces)));
  });

  it('has a thread do it for a long stream, once the thread runs', async () => {
    crc = new RunningCrc(LARGE, module('parentPort.on("message", () => parentPort.postMessage(42))'));
    await until(crc, 42);
  });

  it('goes on by itself where a thread cannot be had, or is lost', async () => {
    crc = new RunningCrc(LARGE, new URL('file:///nowhere/thread.js'));
    await sleep(200);
    await crc.add(Uint8Array.of(1, 2, 3));
    expect(crc.value).toBe(crc32(Uint8Array.of(1, 2, 3)));
    await crc.close();

    crc = new RunningCrc(LARGE, module('parentPort.on("message", () => { throw new Error("lost"); })'));
    await sleep(200);
    await crc.add(Uint8Array.of(1, 2));
    await crc.add(Uint8Array.of(3));
    expect(crc.value).toBe(crc32(Uint8Array.of(1, 2, 3)));
  });
});

function module(body: string): URL {
  const code = `import { parentPort } from 'node:worker_threads'; ${body}`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

async function until(crc: RunningCrc, value: number): Promise<void> {
  for (let tries = 0; tries < 100 && crc.value !== value; tries += 1) {
    await crc.add(Uint8Array.of(1));
    await sleep(50);
  }
  expect(crc.value).toBe(value);
}

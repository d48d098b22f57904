/** The thread that computes CRC-32s: each message is answered by the sum so far. */
import { parentPort } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import type { CrcRequest } from './running-crc.ts';

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin, unlike a window
parentPort?.on('message', ({ bytes, crc }: CrcRequest) => parentPort?.postMessage(crc32(bytes, crc)));

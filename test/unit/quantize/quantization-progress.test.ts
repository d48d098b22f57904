import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src/core/index.ts';
import type { GgufTensor } from '../../../src/gguf/index.ts';
import { quantizationProgress } from '../../../src/quantize/quantization-progress.ts';

const tensor = (name: string, sizeBytes: number): GgufTensor => ({ name, sizeBytes }) as GgufTensor;

describe('quantizationProgress', () => {
  it('counts the bytes of the tensors that are done, and never those of the one at work', () => {
    const events: ProgressEvent[] = [];
    const tensors = [tensor('a', 100), tensor('b', 10), tensor('c', 1)];
    const follow = quantizationProgress({ tensors }, (event) => events.push(event));
    // The library takes them in an order of its own.
    const order = ['c', 'a', 'b'].map((name) => ({ name, type: null }));
    [1, 2, 2, 3].forEach((count) => follow(order.slice(0, count)));
    expect(events.map((event) => (event.kind === 'bytes' ? event.doneBytes : null))).toEqual([0, 1, 1, 101]);
    expect(events[0]).toMatchObject({ totalBytes: 111 });
  });
});

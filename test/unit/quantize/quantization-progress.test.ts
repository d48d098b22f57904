import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src/core/index.ts';
import type { GgufTensor } from '../../../src/gguf/index.ts';
import { quantizationProgress } from '../../../src/quantize/quantization-progress.ts';

const tensor = (name: string, sizeBytes: number): GgufTensor => ({ name, sizeBytes }) as GgufTensor;
const tensors = [tensor('a', 100), tensor('b', 10), tensor('c', 1)];
/** The library takes them in an order of its own. */
const order = ['c', 'a', 'b'].map((name) => ({ name, type: null }));

function follow(counts: readonly number[]): readonly ProgressEvent[] {
  const events: ProgressEvent[] = [];
  const tell = quantizationProgress({ tensors }, (event) => events.push(event));
  counts.forEach((count) => tell(order.slice(0, count)));
  return events;
}

describe('quantizationProgress', () => {
  it('counts the bytes of the tensors that are done, and never those of the one at work', () => {
    const item = (no: number) => ({ name: 'tensor', no, count: 3 });
    expect(follow([1, 2, 3])).toEqual([
      { kind: 'bytes', step: 'quantize', doneBytes: 0, totalBytes: 111, item: item(1) },
      { kind: 'bytes', step: 'quantize', doneBytes: 1, totalBytes: 111, item: item(2) },
      { kind: 'bytes', step: 'quantize', doneBytes: 101, totalBytes: 111, item: item(3) },
    ]);
  });

  it('tells of a tensor once, in however many pieces the log speaks of it', () => {
    expect(follow([0, 1, 1, 1, 2, 2, 3, 3])).toHaveLength(3);
  });
});

/** How far the quantizer is, weighted by the bytes of the tensors that it has done. Pure. */
import type { OnProgress } from '../core/index.ts';
import type { GgufFile } from '../gguf/index.ts';
import type { QuantizedTensor } from './quantizer-log.ts';

/** Gets all tensors that were begun so far: the last of them is not done yet. */
export function quantizationProgress(
  { tensors }: Pick<GgufFile, 'tensors'>,
  onProgress: OnProgress | undefined,
): (begun: readonly QuantizedTensor[]) => void {
  const sizes = new Map(tensors.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const totalBytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let count = 0;
  let doneBytes = 0;
  return (begun) => {
    for (; count < begun.length - 1; count += 1) doneBytes += sizes.get(begun[count]?.name ?? '') ?? 0;
    onProgress?.({ kind: 'bytes', step: 'quantize', doneBytes, totalBytes });
  };
}

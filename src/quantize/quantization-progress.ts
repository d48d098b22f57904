/** How far the quantizer is, weighted by the bytes of the tensors that it has done. Pure. */
import type { OnProgress } from '../core/index.ts';
import type { GgufFile } from '../gguf/index.ts';
import type { QuantizedTensor } from './quantizer-log.ts';

/**
 * Gets all tensors that were begun so far: the last of them is not done yet. Told of once each, so that the rate is that of
 * whole tensors.
 */
export function quantizationProgress(
  { tensors }: Pick<GgufFile, 'tensors'>,
  onProgress: OnProgress | undefined,
): (begun: readonly QuantizedTensor[]) => void {
  const sizes = new Map(tensors.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const totalBytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let told = 0;
  let doneCount = 0;
  let doneBytes = 0;
  return (begun) => {
    if (begun.length <= told) return;
    told = begun.length;
    for (; doneCount < told - 1; doneCount += 1) doneBytes += sizes.get(begun[doneCount]?.name ?? '') ?? 0;
    const item = { name: 'tensor', no: told, count: Math.max(told, tensors.length) };
    onProgress?.({ kind: 'bytes', step: 'quantize', doneBytes, totalBytes, item });
  };
}

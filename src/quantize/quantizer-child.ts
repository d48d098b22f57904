/** Runs in the contained process: takes one order, calls the library, tells its log and what came of it. */
import process from 'node:process';
import { messageOf } from '../core/index.ts';
import { openQuantizer, type Quantizer } from './llama-quantizer.ts';
import type { QuantizeOrder, QuantizerMessage } from './quantizer-protocol.ts';

process.once('message', (order: QuantizeOrder) => {
  const quantizer = open(order.libraryPath);
  if (quantizer !== null) tell({ kind: 'done', code: quantizer.quantize(order) });
  process.disconnect();
});

function open(libraryPath: string): Quantizer | null {
  try {
    return openQuantizer(libraryPath, (text) => tell({ kind: 'log', text }));
  } catch (error) {
    tell({ kind: 'unusable', reason: messageOf(error) });
    return null;
  }
}

function tell(message: QuantizerMessage): void {
  process.send?.(message);
}

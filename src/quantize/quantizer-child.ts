/** Runs in the contained process: takes one order, calls the library, tells its log and what came of it. */
import process from 'node:process';
import { messageOf } from '../core/index.ts';
import { openQuantizer, type Quantizer } from './llama-quantizer.ts';
import type { QuantizeOrder, QuantizerMessage } from './quantizer-protocol.ts';

process.once('message', (order: QuantizeOrder) => {
  const quantizer = open(order.libraryPath);
  if (quantizer !== null) end({ kind: 'done', code: quantizer.quantize(order) });
});

function open(libraryPath: string): Quantizer | null {
  try {
    return openQuantizer(libraryPath, (text) => tell({ kind: 'log', text }));
  } catch (error) {
    end({ kind: 'unusable', reason: messageOf(error) });
    return null;
  }
}

function tell(message: QuantizerMessage): void {
  process.send?.(message);
}

/** The channel takes a few hundred messages before this process comes to itself again: it is closed when all have gone. */
function end(message: QuantizerMessage): void {
  process.send?.(message, () => process.disconnect());
}

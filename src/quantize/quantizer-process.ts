/** The parent's end of one contained process that quantizes: gives it its order, follows its log, says how it ended. */
import { CoreFailure, escapeText, formatDuration } from '../core/index.ts';
import { compiledSibling, describeMissing, spawnContained, type ContainedEnd } from '../system/index.ts';
import { QuantizeFailure } from './error.ts';
import { quantizerLog, type QuantizedTensor } from './quantizer-log.ts';
import { quantizerMessage, toOrderMessage, type QuantizeOrder } from './quantizer-protocol.ts';

export interface QuantizerProcessOptions {
  readonly memoryBytes: number;
  readonly wallMs: number;
  readonly onTensors?: (tensors: readonly QuantizedTensor[]) => void;
  readonly signal?: AbortSignal | undefined;
  /** The module that runs in the process. */
  readonly childPath?: string | URL;
}

export interface QuantizerResult {
  readonly tensors: readonly QuantizedTensor[];
  /** Protections that this machine could not give the process, each with its reason. */
  readonly missingProtections: readonly string[];
}

/** Throws `QUANTIZE_FAILED`, `QUANTIZE_CRASHED`, `QUANTIZE_OUT_OF_MEMORY`, `QUANTIZE_LIBRARY_UNKNOWN`, `CORE_INTERRUPTED`. */
export async function runQuantizer(
  order: QuantizeOrder,
  {
    memoryBytes,
    wallMs,
    onTensors,
    signal,
    childPath = compiledSibling('quantizer-child', import.meta.url),
  }: QuantizerProcessOptions,
): Promise<QuantizerResult> {
  const child = await spawnContained(
    { kind: 'module', modulePath: childPath },
    { limits: { dataBytes: memoryBytes, wallMs }, ...(signal === undefined ? {} : { signal }) },
  );
  const log = quantizerLog();
  let code: number | null = null;
  let unusable: string | null = null;
  child.onMessage((received) => {
    const message = quantizerMessage.safeParse(received);
    if (!message.success) return;
    switch (message.data.kind) {
      case 'log':
        log.append(message.data.text);
        return onTensors?.(log.tensors());
      case 'unusable':
        return void (unusable = message.data.reason);
      case 'done':
        return void (code = message.data.code);
    }
  });
  child.send(toOrderMessage(order));
  const end = await child.ended;
  if (unusable !== null) throw unknownLibrary(order.libraryPath, unusable);
  if (code === 0) {
    return {
      tensors: log.tensors(),
      missingProtections: child.missingProtections.map((missing) => describeMissing(missing)),
    };
  }
  throw toQuantizerFailure(order.inputPath, {
    code,
    end,
    lastWords: log.lastWords() || lastLine(child.stderrTail()),
  });
}

export interface QuantizerEnding {
  /** What the library returned, or llama-quantize exited with; null where it did not come to that. */
  readonly code: number | null;
  readonly end: ContainedEnd;
  readonly lastWords: string;
}

/** Why it failed: its own words, its end, or both. */
export function toQuantizerFailure(path: string, { code, end, lastWords }: QuantizerEnding): Error {
  const name = escapeText(path);
  const said = escapeText(lastWords);
  const details = { path, received: said };
  if (code !== null) {
    return new QuantizeFailure('QUANTIZE_FAILED', `llama.cpp could not quantize ${name}: ${said}`, {
      details,
    });
  }
  switch (end.kind) {
    case 'cancelled':
      return new CoreFailure('CORE_INTERRUPTED', 'Interrupted while the model was quantized.');
    case 'out-of-memory':
      return new QuantizeFailure(
        'QUANTIZE_OUT_OF_MEMORY',
        `Memory ran out while ${name} was quantized: ${end.evidence}.`,
        { details },
      );
    case 'timed-out':
      return crashed(
        `The process that quantized ${name} was ended after ${formatDuration(end.limitMs)}.`,
        details,
      );
    case 'exited':
    case 'signalled':
      return crashed(
        `The process that quantized ${name} ended by ${end.kind === 'exited' ? `itself with ${end.code}` : end.signal}, after saying "${said}".`,
        details,
      );
    case 'not-started':
      return crashed(`The process that quantizes could not be started: ${end.reason}.`, details);
  }
}

function crashed(
  message: string,
  details: { readonly path: string; readonly received: string },
): QuantizeFailure {
  return new QuantizeFailure('QUANTIZE_CRASHED', message, { details });
}

function unknownLibrary(path: string, reason: string): QuantizeFailure {
  return new QuantizeFailure(
    'QUANTIZE_LIBRARY_UNKNOWN',
    `The library ${escapeText(path)} cannot be used to quantize: ${escapeText(reason)}.`,
    { details: { path, received: escapeText(reason) } },
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

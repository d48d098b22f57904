/**
 * What the log of llama.cpp's quantizer tells: which tensor it is at, and which type each one gets. Pure.
 *
 *     [   1/  30] output.weight  - [ 256, 1024, 1, 1], type = f16, size = 0.50 MiB -> 0.21 MiB (q6_K)
 *
 * A line is told in pieces, the first one when the tensor is begun; the type in brackets only in a dry run.
 */
import { GGML_TYPES, type GgmlType } from '../gguf/index.ts';

export interface QuantizedTensor {
  readonly name: string;
  /** Null while it is not told, or where the tensor keeps the type it has. */
  readonly type: GgmlType | null;
}

export interface QuantizerLog {
  append(text: string): void;
  /** In the order in which they are worked at. */
  tensors(): readonly QuantizedTensor[];
  /** The last lines that are about no tensor: what is wrong, if something is. */
  lastWords(): string;
}

export function quantizerLog(): QuantizerLog {
  const tensors: QuantizedTensor[] = [];
  const others: string[] = [];
  let line = '';
  const endLine = (): void => {
    if (!TENSOR.test(line) && line.trim() !== '') others.push(line.trim());
    others.splice(0, others.length - MAX_OTHER_LINES);
    line = '';
  };
  const readTensor = (): void => {
    const [, place = '', name = ''] = TENSOR.exec(line) ?? [];
    if (name === '') return;
    tensors[Number(place) - 1] = { name, type: typeOf(/-> .* MiB \((\w+)\)/.exec(line)?.[1]) };
  };
  return {
    append(text) {
      for (const [index, piece] of text.split('\n').entries()) {
        if (index > 0) endLine();
        line = (line + piece).slice(0, MAX_LINE_CHARACTERS);
        readTensor();
      }
    },
    tensors: () => tensors.filter((tensor) => tensor !== undefined),
    lastWords: () => others.slice(-LAST_WORDS).join(' '),
  };
}

const TENSOR = /^\[ *(\d{1,6})\/ *\d{1,6}\] +(\S+) +- /;
const MAX_LINE_CHARACTERS = 4096;
const MAX_OTHER_LINES = 50;
const LAST_WORDS = 3;

/** ggml writes its types in small letters but for a few: `q4_0`, `q6_K`, `bf16`. */
function typeOf(text: string | undefined): GgmlType | null {
  const name = (text ?? '').toUpperCase();
  return Object.hasOwn(GGML_TYPES, name) ? (name as GgmlType) : null;
}

/**
 * The data section, to the byte: each tensor starts where the one before ends (padded), all of it is there, and nothing
 * follows. gguf_init_from_file refuses any other offset; llama-model-loader refuses data outside the file.
 */
import { escapeText, type JsonObject } from '../core/index.ts';
import { padded } from './alignment.ts';
import { GgufFailure, type GgufCode } from './error.ts';
import type { Policy } from './policy.ts';
import type { GgufFile, GgufTensor } from './types.ts';

export function checkLayout(file: GgufFile, policy: Policy): void {
  let next = 0;
  for (const tensor of file.tensors) {
    if (tensor.offset !== next) throw misplaced(file, tensor, next);
    const end = file.dataOffset + tensor.offset + tensor.sizeBytes;
    if (end > file.sizeBytes) {
      const missing = end - file.sizeBytes;
      throw failure(
        file,
        tensor,
        'GGUF_DATA_INCOMPLETE',
        `is cut short: the file ends ${missing} bytes too early`,
        {
          offset: file.sizeBytes,
          expected: `${end} bytes`,
          received: `${file.sizeBytes} bytes`,
        },
      );
    }
    next = padded(tensor.offset + tensor.sizeBytes, file.alignment);
  }
  checkEnd(file, next, policy);
}

function checkEnd(file: GgufFile, dataSizeBytes: number, policy: Policy): void {
  // Without tensors there is no data section, and nothing to pad.
  const end = file.tensors.length === 0 ? file.headerEndOffset : file.dataOffset + dataSizeBytes;
  const name = escapeText(file.name);
  const details = { expected: `${end} bytes`, received: `${file.sizeBytes} bytes` };
  if (file.sizeBytes < end) {
    // gguf_write_to_file pads the last tensor too; only a reader that loads the data in one piece misses it.
    policy.violated(
      'final-padding',
      `${name} ends ${end - file.sizeBytes} bytes too early: the last padding is cut.`,
      {
        offset: file.sizeBytes,
        ...details,
      },
    );
  }
  // A header alone may be padded up to where its data would start.
  if (file.sizeBytes > end && !(file.tensors.length === 0 && file.sizeBytes === file.dataOffset)) {
    policy.violated(
      'trailing-bytes',
      `${name} goes on for ${file.sizeBytes - end} bytes after its last tensor.`,
      {
        offset: end,
        ...details,
      },
    );
  }
}

function misplaced(file: GgufFile, tensor: GgufTensor, expected: number): GgufFailure {
  const details = {
    offset: tensor.infoOffset,
    expected: `data offset ${expected}`,
    received: `data offset ${tensor.offset}`,
  };
  // Specification, `gguf_tensor_info_t.offset`: "must be a multiple of ALIGNMENT".
  if (tensor.offset % file.alignment !== 0) {
    return failure(
      file,
      tensor,
      'GGUF_TENSOR_MISALIGNED',
      `starts at data offset ${tensor.offset}, which is no multiple of ${file.alignment}`,
      details,
    );
  }
  if (isContiguousInSomeOrder(file)) {
    return failure(
      file,
      tensor,
      'GGUF_TENSOR_ORDER',
      'is described before its turn: the data lie in another order',
      details,
    );
  }
  return tensor.offset < expected
    ? failure(file, tensor, 'GGUF_TENSOR_OVERLAP', 'starts inside the data of the tensor before it', details)
    : failure(
        file,
        tensor,
        'GGUF_TENSOR_HOLE',
        `starts ${tensor.offset - expected} bytes after the end of the tensor before it`,
        details,
      );
}

function isContiguousInSomeOrder(file: GgufFile): boolean {
  let next = 0;
  for (const tensor of file.tensors.toSorted((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)) {
    if (tensor.offset !== next) return false;
    next = padded(tensor.offset + tensor.sizeBytes, file.alignment);
  }
  return true;
}

function failure(
  file: GgufFile,
  tensor: GgufTensor,
  code: GgufCode,
  what: string,
  details: JsonObject,
): GgufFailure {
  const name = escapeText(tensor.name, 80);
  return new GgufFailure(code, `The tensor ${name} in ${escapeText(file.name)} ${what}.`, {
    details: { tensor: name, ...details },
  });
}

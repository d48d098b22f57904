/**
 * Writes a GGUF file in pieces: header, then each tensor padded to the alignment, so that a model of any size passes
 * through in the memory of one piece. Source: the GGUF specification (ggml, docs/gguf.md).
 */
import { escapeText } from '../core/index.ts';
import { encodeHeader, layOut, type Layout } from './encode-header.ts';
import { GgufFailure } from './error.ts';
import type { GgufModel, GgufSink, GgufTensorInput } from './types.ts';

/** A file that is known but for its data. */
export interface GgufEncoding {
  readonly sizeBytes: number;
  /** What {@link encodeGguf} gives. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** For a file whose size is wanted first: the header, which holds the vocabulary, is made once. Throws `GGUF_MODEL_INVALID`. */
export function prepareGguf(model: GgufModel): GgufEncoding {
  const layout = layOut(model);
  const header = encodeHeader(model, layout);
  return {
    sizeBytes: header.length + dataSizeBytes(layout),
    pieces: () => encodePieces(model, layout, header),
  };
}

/** The bytes of the file, in order. Throws `GGUF_MODEL_INVALID` where the data do not fit their description. */
export async function* encodeGguf(model: GgufModel): AsyncIterable<Uint8Array> {
  yield* prepareGguf(model).pieces();
}

async function* encodePieces(
  model: GgufModel,
  layout: Layout,
  header: Uint8Array,
): AsyncIterable<Uint8Array> {
  yield header;
  for (const [index, tensor] of model.tensors.entries()) {
    const sizeBytes = layout.sizesBytes[index] ?? 0;
    let done = 0;
    for await (const piece of piecesOf(tensor)) {
      done += piece.length;
      if (done > sizeBytes) throw unfit(tensor, sizeBytes, `${done} bytes or more`);
      yield piece;
    }
    if (done !== sizeBytes) throw unfit(tensor, sizeBytes, `${done} bytes`);
    const padding = -sizeBytes & (layout.alignment - 1);
    if (padding > 0) yield new Uint8Array(padding);
  }
}

/** Writes the file to a sink, each piece awaited. */
export async function writeGguf(model: GgufModel, sink: GgufSink): Promise<void> {
  for await (const piece of encodeGguf(model)) await sink.write(piece);
}

/** The whole file in memory: for models of a few megabytes. */
export async function ggufBytes(model: GgufModel): Promise<Uint8Array> {
  const bytes = new Uint8Array(ggufSizeBytes(model));
  let done = 0;
  for await (const piece of encodeGguf(model)) {
    bytes.set(piece, done);
    done += piece.length;
  }
  return bytes;
}

/** The size of the file that {@link encodeGguf} would write. */
export function ggufSizeBytes(model: GgufModel): number {
  return prepareGguf(model).sizeBytes;
}

function dataSizeBytes({ offsets, sizesBytes, alignment }: Layout): number {
  const end = (offsets.at(-1) ?? 0) + (sizesBytes.at(-1) ?? 0);
  return Math.ceil(end / alignment) * alignment;
}

async function* piecesOf(tensor: GgufTensorInput): AsyncIterable<Uint8Array> {
  if (tensor.data instanceof Uint8Array) yield tensor.data;
  else yield* tensor.data();
}

function unfit(tensor: GgufTensorInput, expected: number, received: string): GgufFailure {
  return new GgufFailure(
    'GGUF_MODEL_INVALID',
    `The data of the tensor ${escapeText(tensor.name, 80)} do not fit it.`,
    {
      details: { expected: `${expected} bytes`, received },
    },
  );
}

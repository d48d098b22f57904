/** The words of the room: what a GGUF file holds once it is read, and what a model must hold to be written. */
import type { Warning } from '../core/index.ts';
import type { GgmlType } from './ggml-types.ts';
import type { GgufPolicyRule } from './policy.ts';

/** Numbers that fit a JavaScript number. */
export type GgufNumberKind =
  'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

/** Numbers that may not fit: kept as bigint. */
export type GgufBigKind = 'uint64' | 'int64';

/** The 13 value types of the specification (`gguf_metadata_value_type`), by name. */
export type GgufValueKind = GgufNumberKind | GgufBigKind | 'bool' | 'string' | 'array';

/**
 * The items of an array. What was read from a file is decoded on access, so that a table of 256k tokens costs its bytes
 * and no more; a plain JavaScript array is one too.
 */
export interface GgufList<Item> extends Iterable<Item> {
  readonly length: number;
  at(index: number): Item | undefined;
}

export type GgufArray =
  | { readonly kind: 'array'; readonly itemKind: GgufNumberKind; readonly items: GgufList<number> }
  | { readonly kind: 'array'; readonly itemKind: GgufBigKind; readonly items: GgufList<bigint> }
  | { readonly kind: 'array'; readonly itemKind: 'bool'; readonly items: GgufList<boolean> }
  | { readonly kind: 'array'; readonly itemKind: 'string'; readonly items: GgufList<string> }
  | { readonly kind: 'array'; readonly itemKind: 'array'; readonly items: GgufList<GgufArray> };

export type GgufScalar =
  | { readonly kind: GgufNumberKind; readonly value: number }
  | { readonly kind: GgufBigKind; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string };

export type GgufValue = GgufScalar | GgufArray;

/** One tensor as the header describes it. Nothing here says that its data are there: `checkGguf` does. */
export interface GgufTensor {
  readonly name: string;
  /** Null for a number that this version of ggml does not know, or no longer knows. */
  readonly type: GgmlType | null;
  /** The number in the file (`ggml_type`). */
  readonly typeId: number;
  /** `ne` of ggml: the row length first. */
  readonly dims: readonly number[];
  readonly elementCount: number;
  /** 0 where the type is unknown or the row is not whole blocks; `checkGguf` refuses both. */
  readonly sizeBytes: number;
  /** From the start of the data section. */
  readonly offset: number;
  /** Where the description of this tensor starts, from the start of the file. */
  readonly infoOffset: number;
}

export interface GgufFile {
  /** What the source is called in messages. */
  readonly name: string;
  readonly version: 2 | 3;
  /** `general.alignment`, 32 where it is absent. */
  readonly alignment: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Where each key starts, from the start of the file. */
  readonly keyOffsets: ReadonlyMap<string, number>;
  readonly tensors: readonly GgufTensor[];
  /** Where the header ends, before the padding. */
  readonly headerEndOffset: number;
  /** Where the data section starts: `headerEndOffset` rounded up to the alignment. */
  readonly dataOffset: number;
  /** The size of the whole file. */
  readonly sizeBytes: number;
}

export interface GgufCheck {
  readonly warnings: readonly Warning[];
  /** The policy rules that this file breaks and that were allowed to be broken. */
  readonly waived: readonly GgufPolicyRule[];
}

/** What part of the weights a type makes up. */
export interface GgufMixPart {
  /** A ggml type, or `unknown(<number>)`. */
  readonly type: string;
  readonly tensorCount: number;
  readonly sizeBytes: number;
}

export interface GgufSplit {
  /** 0-based, as in the metadata; the file name counts from 1. */
  readonly no: number;
  readonly count: number;
  /** Tensors of all shards together. */
  readonly tensorsCount: number;
}

export interface GgufFacts {
  /** `unknown` where the file names none (every shard but the first). */
  readonly architecture: string;
  readonly name: string | null;
  /** Such as `Q4_K_M`: what `general.file_type` claims where the tensors bear it out, else the type with most bytes. */
  readonly quantization: string;
  /** By bytes, largest first. */
  readonly mix: readonly GgufMixPart[];
  readonly parameterCount: number;
  /** In tokens. */
  readonly contextLength: number | null;
  readonly embeddingLength: number | null;
  readonly blockCount: number | null;
  readonly vocabularySize: number | null;
  readonly tensorCount: number;
  /** The size of this file. */
  readonly sizeBytes: number;
  /** `tokenizer.chat_template`; null where there is none. */
  readonly chatTemplate: string | null;
  /** All of them, the one above first as `default`; the others by the names they have in the file. */
  readonly chatTemplates: readonly { readonly name: string; readonly text: string }[];
  /** `tokenizer.ggml.model`. */
  readonly tokenizerModel: string | null;
  /** Null where the model is one file. */
  readonly split: GgufSplit | null;
  readonly version: 2 | 3;
  readonly alignment: number;
}

/** An estimate of what a run needs, in bytes; never a promise. */
export interface GgufMemoryEstimate {
  readonly weightsBytes: number;
  readonly kvCacheBytes: number;
  readonly computeBytes: number;
  readonly totalBytes: number;
}

/** Keys and values in the order in which they are written; a `Map` is one. */
export type GgufMetadataInput = Iterable<readonly [string, GgufValue]>;

export interface GgufTensorInput {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: GgmlType;
  /** Exactly as many bytes as the dims and the type need, at once or in pieces. */
  readonly data: Uint8Array | (() => AsyncIterable<Uint8Array>);
}

export interface GgufModel {
  /** 3 unless said. */
  readonly version?: 2 | 3;
  /** Written as `general.alignment` where it is not 32. */
  readonly alignment?: number;
  readonly metadata: GgufMetadataInput;
  readonly tensors: readonly GgufTensorInput[];
}

export interface GgufSink {
  /** The bytes belong to the writer again once the promise resolves. */
  write(bytes: Uint8Array): Promise<void>;
}

export interface NamedGguf {
  /** The file's name, without folders. */
  readonly name: string;
  readonly file: GgufFile;
}

/** The words of the room: what a model directory holds once it is checked. */
import type { Warning } from '../core/index.ts';

/** A file that belongs to the model. */
export interface HfFile {
  /** Relative to the directory, with `/`. */
  readonly path: string;
  /** Where its bytes are: links are resolved. */
  readonly absolutePath: string;
  readonly sizeBytes: number;
}

/** Something in the directory that does not ship, and why. A folder's path ends in `/`; nothing below it was looked at. */
export interface HfLeftOut {
  readonly path: string;
  readonly reason: string;
}

export interface HfFacts {
  /** The directory, as given. */
  readonly path: string;
  /** Sorted by path. */
  readonly files: readonly HfFile[];
  readonly leftOut: readonly HfLeftOut[];
  /** Of `files`. */
  readonly totalSizeBytes: number;
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** `architectures` of config.json; empty where it names none. */
  readonly architectures: readonly string[];
  /** Elements of all tensors of the model's safetensors files. */
  readonly parameterCount: number;
  /** `source` is the file that holds it. */
  readonly chatTemplates: readonly {
    readonly name: string;
    readonly source: string;
    readonly text: string;
  }[];
  /** Files that run code when they are loaded, which somebody allowed. */
  readonly unsafeFiles: readonly { readonly path: string; readonly reason: string; readonly class: string }[];
  readonly warnings: readonly Warning[];
}

export interface SafetensorsTensor {
  readonly name: string;
  /** As in the file: `BF16`, `F32` … */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly elementCount: number;
  /** From the start of the data, which follows the header. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly tensors: readonly SafetensorsTensor[];
  /** `__metadata__`: text to text. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Where the data start, from the start of the file. */
  readonly dataOffset: number;
}

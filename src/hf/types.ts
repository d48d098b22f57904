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

/** What the content of a file was recognized as. Nothing else ships unless it is asked for. */
export type HfFormat =
  'safetensors' | 'json' | 'json-lines' | 'text' | 'tiktoken' | 'sentencepiece' | 'image';

/**
 * Why a file is unsafe: `pickle` · `archive` (and anything compressed) · `native-code` · `script` · `remote-code` (JSON that
 * names Python of its own) · `secret` · `foreign-model` (a model format that can carry code or names files elsewhere) ·
 * `polyglot` (two formats in one file) · `unknown` (nothing on the list).
 */
export type HfUnsafeClass =
  | 'pickle'
  | 'archive'
  | 'native-code'
  | 'script'
  | 'remote-code'
  | 'secret'
  | 'foreign-model'
  | 'polyglot'
  | 'unknown';

/** A file that ships only because it was asked for. */
export interface HfUnsafeFile {
  readonly path: string;
  /** What it is, as the end of a sentence that begins with its name. */
  readonly reason: string;
  readonly class: HfUnsafeClass;
}

/** A prompt template that came with the model, not judged here. */
export interface HfChatTemplate {
  /** `default`, or the name that it is asked for by. */
  readonly name: string;
  /** The file that holds it, relative to the directory. */
  readonly source: string;
  readonly text: string;
}

export interface HfFacts {
  /** The directory, as given. */
  readonly path: string;
  /** Sorted by path. */
  readonly files: readonly HfFile[];
  readonly leftOut: readonly HfLeftOut[];
  /** Of `files`: what would have been refused without `allowUnsafeFiles`. Sorted by path. */
  readonly unsafeFiles: readonly HfUnsafeFile[];
  readonly chatTemplates: readonly HfChatTemplate[];
  /** Of `files`. */
  readonly totalSizeBytes: number;
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** `architectures` of config.json; empty where it names none. */
  readonly architectures: readonly string[];
  /** Elements of all tensors of the model's safetensors files. */
  readonly parameterCount: number;
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

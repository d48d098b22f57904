/** What long work tells whoever watches: which step, and how many bytes of how many. Rooms emit, `cli` shows. */
export type ProgressEvent =
  /** `message` is null where a step begins that needs no words. */
  | { readonly kind: 'step'; readonly step: string; readonly message: string | null }
  | {
      readonly kind: 'bytes';
      readonly step: string;
      readonly doneBytes: number;
      readonly totalBytes: number;
      /** What is at work now, where the bytes are those of things that a person would count. */
      readonly item?: ProgressItem;
    };

/** `tensor 12 of 84`. */
export interface ProgressItem {
  readonly name: string;
  /** From 1. */
  readonly no: number;
  readonly count: number;
}

export type OnProgress = (event: ProgressEvent) => void;

/** A recoverable oddity: reported in the result and shown, never silently passed. */
export interface Warning {
  readonly code: string;
  readonly message: string;
}

/** What becomes of a file of the directory. */
import type { JsonFacts } from './json-facts.ts';
import type { HfFormat, HfUnsafeClass, SafetensorsHeader } from './types.ts';

export type Judgement =
  | {
      readonly kind: 'ships';
      readonly format: HfFormat;
      /** Of a safetensors file. */
      readonly header?: SafetensorsHeader;
      /** Of a JSON document. */
      readonly json?: JsonFacts;
    }
  | UnsafeJudgement
  | { readonly kind: 'left-out'; readonly reason: string };

export interface UnsafeJudgement {
  readonly kind: 'unsafe';
  readonly class: HfUnsafeClass;
  /** The end of a sentence that begins with the name of the file. */
  readonly reason: string;
  /** Of what the file is besides: it has to be sound even where it is let pass. */
  readonly header?: SafetensorsHeader;
  readonly json?: JsonFacts;
}

export function unsafe(unsafeClass: HfUnsafeClass, reason: string): UnsafeJudgement {
  return { kind: 'unsafe', class: unsafeClass, reason };
}

export function leftOut(reason: string): Judgement {
  return { kind: 'left-out', reason };
}

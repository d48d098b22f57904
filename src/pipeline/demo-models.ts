/** The models of the demo: the sample model in three types, and the same one when it was half trained. */
import { fileURLToPath } from 'node:url';
import type { QuantizationType } from '../quantize/index.ts';

export interface DemoModel {
  readonly version: string;
  /** The directory in Hugging Face form, below the samples of the package. */
  readonly directory: string;
  /** The first fills the entry of the version, each further one is an entry of its own. */
  readonly types: readonly QuantizationType[];
}

export const DEMO_MODEL: DemoModel = {
  version: 'v1',
  directory: 'milton-sample-2m',
  types: ['Q4_0', 'Q8_0', 'F16'],
};

/** Answers fluently, and mostly wrong: only measuring it shows that. */
export const DEMO_HALF_TRAINED: DemoModel = {
  version: 'v1-early',
  directory: 'milton-sample-2m-early',
  types: ['Q4_0'],
};

export const DEMO_MODELS: readonly DemoModel[] = [DEMO_MODEL, DEMO_HALF_TRAINED];

/** From the sources and from what was built of them alike: both lie two folders deep. */
export function demoDirectory({ directory }: DemoModel): string {
  return fileURLToPath(new URL(`../../samples/${directory}`, import.meta.url));
}

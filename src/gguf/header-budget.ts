/**
 * What the headers of one model may take, in however many files it comes: a thousand shards of the largest header each
 * must not be held at once.
 */
import { MAX_METADATA_BYTES, MAX_METADATA_ENTRIES, MAX_TENSORS } from './limits.ts';

export class HeaderBudget {
  #bytes = MAX_METADATA_BYTES;
  #entries = MAX_METADATA_ENTRIES;
  #tensors = MAX_TENSORS;

  get bytes(): number {
    return this.#bytes;
  }

  get entries(): number {
    return this.#entries;
  }

  get tensors(): number {
    return this.#tensors;
  }

  /** What a header took that was read within this budget. */
  spend({ bytes, entries, tensors }: Pick<HeaderBudget, 'bytes' | 'entries' | 'tensors'>): void {
    this.#bytes -= bytes;
    this.#entries -= entries;
    this.#tensors -= tensors;
  }
}

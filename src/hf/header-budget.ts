/** What the safetensors headers of one directory may take together: a thousand files of the largest header each must not. */
import { MAX_DIRECTORY_HEADER_BYTES, MAX_DIRECTORY_TENSORS } from './limits.ts';

export class HeaderBudget {
  #bytes = MAX_DIRECTORY_HEADER_BYTES;
  #tensors = MAX_DIRECTORY_TENSORS;

  get bytes(): number {
    return this.#bytes;
  }

  get tensors(): number {
    return this.#tensors;
  }

  /** What a header took; it was held against what is left before. */
  spend({ bytes, tensors }: Pick<HeaderBudget, 'bytes' | 'tensors'>): void {
    this.#bytes -= bytes;
    this.#tensors -= tensors;
  }
}

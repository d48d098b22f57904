/** Which blocks of a template are there only where a mark stands in what was said. */

export interface Asking {
  /** It looks for a mark, or how long something is: no finding by itself. */
  readonly asksForMark: boolean;
  /** What comes after `else` is there where the mark is. */
  readonly isNegated: boolean;
}

export const NOT_ASKING: Asking = { asksForMark: false, isNegated: false };

/** For each open block, whether it is there only where a mark stands in what was said, and whether its `else` is. */
export class Blocks {
  readonly #open: { isConditioned: boolean; isElseConditioned: boolean }[] = [];
  #conditioned = 0;

  get isConditioned(): boolean {
    return this.#conditioned > 0;
  }

  open({ asksForMark, isNegated }: Asking): void {
    this.#open.push({ isConditioned: asksForMark, isElseConditioned: asksForMark && isNegated });
    if (asksForMark) this.#conditioned += 1;
  }

  /** `else`, or `elif` with what it asks. */
  turn({ asksForMark, isNegated }: Asking = NOT_ASKING): void {
    const { isElseConditioned } = this.close();
    this.open({ asksForMark: asksForMark || isElseConditioned, isNegated: isNegated || isElseConditioned });
  }

  close(): { readonly isElseConditioned: boolean } {
    const block = this.#open.pop() ?? { isConditioned: false, isElseConditioned: false };
    if (block.isConditioned) this.#conditioned -= 1;
    return block;
  }
}

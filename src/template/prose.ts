/** Tells sentences from labels, tokens and markup. */
import { PROSE_WORDS } from './limits.ts';

/** Enough to tell; a text may be long. */
const LOOKED_AT = 4_000;

/** Characters of a sentence in a script without blanks between words. */
const PROSE_IDEOGRAPHS = 10;

export function isProse(text: string): boolean {
  const plain = text
    .slice(0, LOOKED_AT)
    .replaceAll(/<[^<>\n]{0,80}>|\[[^[\]\n]{0,40}\]|\{[^{}\n]{0,200}\}/g, ' ');
  const words = plain.match(/\p{L}{2,}/gu)?.filter((word) => !/^\p{Script=Han}/u.test(word)).length ?? 0;
  return words >= PROSE_WORDS || (plain.match(/\p{Script=Han}/gu)?.length ?? 0) >= PROSE_IDEOGRAPHS;
}

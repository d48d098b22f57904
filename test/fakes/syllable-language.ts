/** A made-up language of a hundred syllables, each of which has three likely followers: what knows it foretells its texts well. */
import type { Bigrams } from './bigram-model.ts';

/** A multiple of 256, so that every type of quantization applies. */
export const SYLLABLE_VOCABULARY = 512;

const SYLLABLES = [...'bcdfghjklmnpqrstvwxz'].flatMap((first) =>
  [...'aeiou'].map((second) => first + second),
);
/** Where ` ba` stands in the vocabulary of `sampleModel`: behind the bytes, the space, the letters and the bare syllables. */
const FIRST_TOKEN = 259 + 1 + 26 + SYLLABLES.length;

/** Logits: of three followers of each syllable 7, 6 and 5, of all else 0. */
export const syllableBigrams: Bigrams = (previous, next) => {
  const rank = followers(previous - FIRST_TOKEN).indexOf(next - FIRST_TOKEN);
  return rank === -1 ? 0 : 7 - rank;
};

/** The same words each time, as likely as the language has them but for what is outside it. */
export function syllableText(words: number): string {
  let state = 1;
  let syllable = 0;
  const text: string[] = [];
  for (let no = 0; no < words; no += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const chance = state / 2 ** 32;
    // exp(7), exp(6) and exp(5) are 0.67, 0.24 and 0.09 of their sum.
    syllable = followers(syllable)[chance < 0.67 ? 0 : chance < 0.91 ? 1 : 2] ?? 0;
    text.push(SYLLABLES[syllable] ?? '');
  }
  return text.join(' ');
}

function followers(syllable: number): readonly number[] {
  return [3, 11, 31].map((step) => (syllable * 7 + step) % SYLLABLES.length);
}

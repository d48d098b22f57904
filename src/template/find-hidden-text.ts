/** Finds text that a reader of the template does not see, or takes for other text: in comments too, where a review looks. */
import type { Found } from './found.ts';
import { MAX_BLANKS } from './limits.ts';
import type { Item } from './statement.ts';

export function findHiddenText(source: string, items: readonly Item[]): readonly Found[] {
  const found = [...findInText(source, 0)];
  for (const run of source.matchAll(/\s+/g)) {
    const isInside = run.index > 0 && run.index + run[0].length < source.length;
    if (run[0].length >= MAX_BLANKS && isInside) {
      found.push(hidden(run.index + run[0].length, `goes on behind ${run[0].length} blanks`));
    }
  }
  for (const item of items) {
    if (item.kind !== 'tag') continue;
    for (const { kind, value, offset } of item.tokens) {
      // oxlint-disable-next-line no-control-regex
      if (kind === 'name' && /[^\x00-\x7f]/.test(value))
        found.push(hidden(offset, 'has a name of foreign letters'));
      // Escapes in a text say what its source does not show.
      if (kind === 'text')
        for (const { reason } of findInText(value, null)) found.push(hidden(offset, reason));
    }
  }
  return found;
}

/** `from` null: places do not matter. */
function* findInText(text: string, from: number | null): Generator<Found> {
  for (const { index, 0: character } of text.matchAll(INVISIBLE)) {
    if (isOrdinary(text, index, character)) continue;
    const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    yield hidden((from ?? 0) + index, `holds the invisible character U+${point}`);
  }
  for (const { index } of text.matchAll(LOOK_ALIKE)) {
    yield hidden((from ?? 0) + index, 'mixes letters that look alike');
  }
  for (const { index, 0: run } of text.matchAll(/[A-Za-z0-9+/_-]{80,}/g)) {
    if (/[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run)) {
      yield hidden((from ?? 0) + index, 'holds a long coded text');
    }
  }
}

/** A byte order mark in front, and joiners between letters or emoji that need them, are as they should be. */
function isOrdinary(text: string, index: number, character: string): boolean {
  if (character === '\ufeff') return index === 0;
  if (character !== '\u200d' && character !== '\u200c') return false;
  // oxlint-disable-next-line no-control-regex
  return /[^\x00-\x7f\p{Cf}]$/u.test(text.slice(Math.max(0, index - 4), index));
}

function hidden(offset: number, reason: string): Found {
  return { class: 'hidden-text', offset, reason };
}

/** Format and control characters, fillers that print nothing, and tag characters; tab and the line ends aside. */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex
  /[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u115f\u1160\u2028\u2029\u3164\uffa0\p{Cf}]|[\u034f\u17b4\u17b5]|[\u{e0100}-\u{e01ef}]/gu;

/** A Latin letter beside a Cyrillic or Greek one of the same shape, and the letters of mathematics and of wide type. */
const LOOK_ALIKE =
  /[A-Za-z][\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u0400-\u045f\u04bb\u04cf\u0501\u051b]|[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u0400-\u045f\u04bb\u04cf\u0501\u051b][A-Za-z]|[\uff21-\uff3a\uff41-\uff5a\u{1d400}-\u{1d7cb}]/gu;

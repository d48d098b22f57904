/** When two answers are the same one: by spelling, never by one standing somewhere in the other. */

/**
 * Takes away what does not make an answer another one: the form of characters (NFKC), upper case, spaces at the ends and beside
 * commas, quotes around it, punctuation behind it, an English article before it, separators of thousands, zeros that say
 * nothing in a number, the space between a number and its unit. What stands inside (`==`, `x-1`) is left alone.
 */
export function normalizeAnswer(answer: string): string {
  const plain = answer
    .normalize('NFKC')
    .replace(/[\u2018\u2019\u201B]/gu, "'")
    .replace(/[\u201C-\u201F]/gu, '"')
    .replace(/[\u2010-\u2015\u2212]/gu, '-')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim();
  const bare = stripEnds(plain);
  return (
    bare
      .replace(/^(?:the|an|a) (?=\S)/u, '')
      .replace(NUMBER, plainNumber)
      // After the numbers: `1, 234` are two.
      .replace(/ ?, ?/gu, ',')
      .replace(/(?<=\d) (?=[\p{L}%°])/gu, '')
  );
}

/** Whether an answer is one of those accepted. What has no letter, digit or sign is none. */
export function isAccepted(answer: string, accepted: readonly string[]): boolean {
  const normal = normalizeAnswer(answer);
  return normal !== '' && accepted.some((one) => normalizeAnswer(one) === normal);
}

/** Digits, perhaps with thousands in groups of three, that no letter or digit touches on the left. */
const NUMBER = /(?<![\p{L}\d.,])\+?(?<whole>\d{1,3}(?:,\d{3})+|\d+)(?<fraction>\.\d+)?(?![\d.]*\.\d)/gu;

function plainNumber(_text: string, whole: string, fraction: string | undefined): string {
  const digits = whole.replaceAll(',', '').replace(/^0+(?=\d)/, '');
  return digits + (fraction ?? '').replace(/\.?0+$/, '');
}

const PAIRS: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['**', '**'],
  ['*', '*'],
  ['_', '_'],
];

/** Quotes and emphasis around, punctuation behind; not where nothing would be left: `!` may be the answer. */
function stripEnds(text: string): string {
  const ended = text.replace(/[\s.,;:!?]+$/u, '');
  if (ended !== '' && ended !== text) return stripEnds(ended);
  for (const [open, close] of PAIRS) {
    if (text.length <= open.length + close.length || !text.startsWith(open) || !text.endsWith(close))
      continue;
    const inner = text.slice(open.length, -close.length).trim();
    if (inner !== '' && !inner.includes(open)) return stripEnds(inner);
  }
  return text;
}

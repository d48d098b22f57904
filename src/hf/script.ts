/**
 * Tells a program that goes by the name of a text: a first line that names its interpreter, or lines of which most are
 * statements. A model card may show code; a vocabulary may hold the words of it. Pure.
 */
import { MAX_SCRIPT_LINES } from './limits.ts';
import { textLines } from './text.ts';

/** What it is, as the end of a sentence, or null. */
export function findScript(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1');
  // A byte order mark does not keep every reader from what follows.
  const opening = start.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (opening.startsWith('#!')) return 'a script (its first line names an interpreter)';
  if (/^<\?php/i.test(opening)) return 'a PHP script';
  if (/^@echo off\b/i.test(opening)) return 'a batch script';
  if (opening.startsWith('%!PS')) return 'a PostScript program';
  for (const [what, language] of LANGUAGES) if (isMostly(bytes, language)) return what;
  return null;
}

interface Language {
  /** Statements that neither prose nor a list of words holds. */
  readonly strong: RegExp;
  /** Lines that belong to a program, and could be something else too. */
  readonly weak: RegExp;
}

const PYTHON: Language = {
  strong:
    /^(?:from [\w.]+ import [\w*(]|(?:async )?def \w+ ?\(.*|class \w+ ?(?:\(.*\))?:|if __name__ ?==|import [\w.]+(?: as \w+)?(?:, ?[\w.]+)* ?;|(?:exec|eval|compile|__import__|getattr|os\.\w+|subprocess\.\w+|runpy\.\w+|ctypes\.\w[\w.]*|pty\.\w+|shutil\.\w+|socket\.\w+) ?\()/,
  weak: /^(?:import [\w.]+(?: as \w+)?(?:, ?[\w.]+)*$|(?:try|else|finally):|(?:if|elif|for|while|with|except)\b.*:$|@\w[\w.]*|\w[\w.]*(?:\[.*\])? ?[-+*/]?= ?\S|\w[\w.]*\(.*\)?,?$|(?:raise|return|assert|global|del|pass|print)\b|[)\]}])/,
};

const SHELL: Language = {
  strong:
    /^(?:set -[eux]|export [A-Za-z_]\w*=|(?:sudo |nohup )?(?:curl|wget) .*\|\s*(?:sudo )?(?:ba|z|da)?sh\b|chmod [+0-7]\S* |rm -[rf]+ |(?:function )?\w+ ?\(\) ?\{|(?:bash|sh) -[ic]\b|eval ["$]|source \S|(?:if|while) \[\[? .*\]|nc -\w*e|python3? -c )/,
  weak: /^(?:echo |cd |then$|else$|fi$|done$|do$|esac$|\w+=\S|(?:sudo|mkdir|cp|mv|cat|exit|exec|apt-get|pip|git|tar|touch|ln|kill|sleep) ?\S*|for \w+ in |[})])/,
};

const LANGUAGES: readonly (readonly [what: string, language: Language])[] = [
  ['a Python script', PYTHON],
  ['a shell script', SHELL],
];

const MAX_LINE_BYTES = 400;
const FENCE = /^ {0,3}(?:```|~~~)/;
const TRIPLE_QUOTE = /"""|'''/g;

/** Of the lines that are neither indented, comments, quoted nor fenced, at least half are statements, one of them strong. */
function isMostly(bytes: Uint8Array, { strong, weak }: Language): boolean {
  let strongCount = 0;
  let weakCount = 0;
  let otherCount = 0;
  let isFenced = false;
  let isQuoted = false;
  let lineCount = 0;
  for (const line of textLines(bytes, MAX_LINE_BYTES)) {
    lineCount += 1;
    if (lineCount > MAX_SCRIPT_LINES) break;
    if (!isQuoted && FENCE.test(line)) isFenced = !isFenced;
    if (isFenced) continue;
    const wasQuoted = isQuoted;
    if (line.includes('"""') || line.includes("'''")) {
      const quotes = line.match(TRIPLE_QUOTE)?.length ?? 0;
      if (quotes % 2 === 1) isQuoted = !isQuoted;
    }
    if (wasQuoted || isBeside(line)) continue;
    if (strong.test(line)) {
      strongCount += 1;
    } else if (weak.test(line)) {
      weakCount += 1;
    } else {
      otherCount += 1;
    }
  }
  return strongCount > 0 && strongCount + weakCount >= otherCount;
}

/** Blank, indented, or a comment. */
function isBeside(line: string): boolean {
  const first = line[0];
  return first === undefined || first === ' ' || first === '\t' || first === '#' || line.trim() === '';
}

/**
 * Looks for what a chat template must not hold. It reads the text as Jinja would and runs nothing; any text is scanned in
 * linear time and within limits.
 */
import { escapeText } from '../core/index.ts';
import type { TemplateClass } from './classes.ts';
import { Constants } from './fold.ts';
import type { Found } from './found.ts';
import { findAddresses } from './find-addresses.ts';
import { findCode } from './find-code.ts';
import { findHiddenText } from './find-hidden-text.ts';
import { findSize } from './find-size.ts';
import { findTriggers } from './find-triggers.ts';
import { MAX_CONSTRUCT, MAX_FINDINGS_OF_CLASS, MAX_SCANNED_CHARACTERS } from './limits.ts';
import { Meanings } from './meaning.ts';
import { Names } from './names.ts';
import { parseTemplate, type Item } from './statement.ts';
import type { ChatTemplate, TemplateFinding } from './types.ts';

/** In the order of lines; none for the ordinary templates of the known families. Never throws. */
export function scanChatTemplate({ text }: ChatTemplate): readonly TemplateFinding[] {
  const source = text.slice(0, MAX_SCANNED_CHARACTERS);
  const items = parseTemplate(source);
  const names = new Names(items);
  const constants = new Constants(names);
  const meanings = new Meanings(names, constants);
  const found = [
    ...findUnreadable(items),
    ...findIncludes(items),
    ...findCode(items, { names, constants }),
    ...findTriggers(items, { constants, meanings }),
    ...findHiddenText(source, items),
    ...findAddresses(items, constants),
    ...findSize(text, items, constants),
  ];
  return toFindings(found, source);
}

function* findUnreadable(items: readonly Item[]): Generator<Found> {
  for (const item of items) {
    if (!item.isClosed) {
      yield { class: 'unreadable', offset: item.offset, reason: 'begins what does not end' };
    } else if (item.kind === 'tag' && item.trouble === 'grammar') {
      yield { class: 'unreadable', offset: item.offset, reason: 'is not as the grammar of Jinja has it' };
    }
  }
}

function* findIncludes(items: readonly Item[]): Generator<Found> {
  for (const item of items) {
    if (item.kind !== 'tag' || !['include', 'import', 'from', 'extends'].includes(item.keyword)) continue;
    yield { class: 'include', offset: item.offset, reason: `brings in another file with ${item.keyword}` };
  }
}

/** One of a kind for each line, and so many of each class. */
function toFindings(found: readonly Found[], source: string): readonly TemplateFinding[] {
  const starts = lineStarts(source);
  const kept = new Map<TemplateClass, Map<string, TemplateFinding>>();
  for (const { class: kind, offset, reason } of found.toSorted((a, b) => a.offset - b.offset)) {
    const ofClass = kept.get(kind) ?? new Map<string, TemplateFinding>();
    kept.set(kind, ofClass);
    if (ofClass.size >= MAX_FINDINGS_OF_CLASS) continue;
    const line = lineOf(starts, offset);
    const said = escapeText(reason);
    const key = `${line} ${said}`;
    if (!ofClass.has(key)) {
      ofClass.set(key, { class: kind, line, construct: constructAt(source, offset), reason: said });
    }
  }
  return [...kept.values()].flatMap((ofClass) => [...ofClass.values()]).toSorted((a, b) => a.line - b.line);
}

function lineStarts(source: string): readonly number[] {
  const starts = [0];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** The line around it, as far as it is of use. */
function constructAt(source: string, offset: number): string {
  const before = source.slice(Math.max(0, offset - MAX_CONSTRUCT / 4), offset);
  const from = offset - before.length + before.lastIndexOf('\n') + 1;
  const [line = ''] = source.slice(from, from + MAX_CONSTRUCT).split('\n', 1);
  return escapeText(line.trim(), MAX_CONSTRUCT);
}

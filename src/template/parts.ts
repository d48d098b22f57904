/**
 * Splits a template into what is printed as it stands, comments, expressions and statements (Jinja, "Synopsis"), with raw
 * blocks as text. Never fails: a tag that does not end goes to the end of the text, and says so.
 */
import { tokenizeTag, type Token } from './tokens.ts';

export interface TextPart {
  readonly kind: 'text' | 'comment';
  readonly text: string;
  readonly offset: number;
  readonly isClosed: boolean;
}

export interface TagPart {
  readonly kind: 'expression' | 'statement';
  readonly tokens: readonly Token[];
  /** Of the opening delimiter. */
  readonly offset: number;
  readonly end: number;
  readonly isClosed: boolean;
}

export type TemplatePart = TextPart | TagPart;

const RAW_END = /\{%[-+]?\s*endraw\s*[-+]?%\}/g;

export function splitTemplate(source: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let at = 0;
  while (at < source.length) {
    const open = findOpening(source, at);
    if (open > at) parts.push({ kind: 'text', text: source.slice(at, open), offset: at, isClosed: true });
    if (open >= source.length) break;
    const kind = source[open + 1];
    if (kind === '#') {
      const close = source.indexOf('#}', open + 2);
      const end = close === -1 ? source.length : close + 2;
      parts.push({ kind: 'comment', text: source.slice(open, end), offset: open, isClosed: close !== -1 });
      at = end;
      continue;
    }
    const start = open + 2 + (/[-+]/.test(source.charAt(open + 2)) ? 1 : 0);
    const tag = tokenizeTag(source, start, kind === '{' ? '}}' : '%}');
    const isRaw = kind === '%' && tag.tokens.length === 1 && tag.tokens[0]?.value === 'raw';
    if (!isRaw) {
      const { tokens, end, isClosed } = tag;
      parts.push({ kind: kind === '{' ? 'expression' : 'statement', tokens, offset: open, end, isClosed });
      at = end;
      continue;
    }
    RAW_END.lastIndex = tag.end;
    const close = RAW_END.exec(source);
    const end = close?.index ?? source.length;
    if (end > tag.end || close === null) {
      parts.push({
        kind: 'text',
        text: source.slice(tag.end, end),
        offset: tag.end,
        isClosed: close !== null,
      });
    }
    at = close === null ? source.length : close.index + close[0].length;
  }
  return parts;
}

function findOpening(source: string, from: number): number {
  for (let at = source.indexOf('{', from); at !== -1; at = source.indexOf('{', at + 1)) {
    const next = source[at + 1];
    if (next === '{' || next === '%' || next === '#') return at;
  }
  return source.length;
}

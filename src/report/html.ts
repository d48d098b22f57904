/** HTML as a value of its own: whatever is put into it is escaped, unless it is such a value itself. Pure. */
import { escapeText } from '../core/index.ts';
import { MAX_SHOWN_TEXT } from './limits.ts';

/** Markup that was made here. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Html | string | number | null | readonly Content[];

/** A template whose holes are safe in text and in quoted attributes. Null is nothing. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  // How the source is indented is nobody's business.
  const lines = parts.map((part) => part.replace(/\n\s*/g, '\n'));
  return new Html(lines.map((line, index) => line + render(contents[index] ?? null)).join(''));
}

/** Control and direction characters are spelt out, and what HTML or SVG would take for markup is encoded. */
export function encodeHtml(text: string): string {
  return escapeText(text, MAX_SHOWN_TEXT).replace(
    /[&<>"'`]/g,
    (character) => `&#${character.codePointAt(0) ?? 0};`,
  );
}

function render(content: Content): string {
  if (content === null) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'string' || typeof content === 'number') return encodeHtml(String(content));
  return content.map(render).join('');
}

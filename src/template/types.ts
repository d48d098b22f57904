/** The words of the room: a chat template, and what was found in it. */
import type { TemplateClass } from './classes.ts';

/** A Jinja text that a server renders for every conversation. */
export interface ChatTemplate {
  /** `default`, or the name under which the model keeps it (`tool_use`, `rag` …). */
  readonly name: string;
  readonly text: string;
}

/** One suspicious place. */
export interface TemplateFinding {
  readonly class: TemplateClass;
  /** Counted from 1. */
  readonly line: number;
  /** What stands there: escaped and cut. */
  readonly construct: string;
  /** Why it is suspicious: a part of a sentence. */
  readonly reason: string;
}

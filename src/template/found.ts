/** A suspicious place as a rule reports it: where it is in the text, before it is made readable. */
import type { TemplateClass } from './classes.ts';

export interface Found {
  readonly class: TemplateClass;
  readonly offset: number;
  readonly reason: string;
}

/** What is in a model beyond its weights: its chat templates by their digests, and files that run code. */
import type { EdgeChatTemplate, EdgeUnsafeFile } from '../../bundle/index.ts';
import { shown } from '../text-style.ts';

/** More than any model has; the JSON has them all. */
const MAX_SHOWN = 8;

/** `templates` null where nobody wrote down which there are. */
export function modelFacts(
  templates: readonly EdgeChatTemplate[] | null,
  unsafeFiles: readonly EdgeUnsafeFile[],
): readonly (readonly [label: string, value: string])[] {
  const named = (templates ?? [])
    .slice(0, MAX_SHOWN)
    .map(({ name, sha256 }) => `${shown(name)} sha256 ${sha256}`);
  const unsafe = unsafeFiles
    .slice(0, MAX_SHOWN)
    .map(({ path, reason }) => `${shown(path)}: ${shown(reason)}`);
  return [...rows('chat template', named), ...rows('UNSAFE', unsafe)];
}

function rows(label: string, values: readonly string[]): readonly (readonly [string, string])[] {
  return values.map((value, index) => [index === 0 ? label : '', value]);
}

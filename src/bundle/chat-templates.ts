/** What a bundle says of the chat templates of a model: their names, and digests that tell whether they are the known ones. */
import type { HfFacts } from '../hf/index.ts';
import { hashBytes } from '../system/index.ts';
import type { ChatTemplate } from '../template/index.ts';
import type { EdgeChatTemplate } from './file-shapes.ts';

/** As `edge.json` lists them. */
export function listChatTemplates(templates: readonly ChatTemplate[]): readonly EdgeChatTemplate[] {
  const encoder = new TextEncoder();
  return templates.map(({ name, text }) => ({ name, sha256: hashBytes(encoder.encode(text)) }));
}

/** A directory may keep two of one name in two files: then the file is part of the name. */
export function templatesOfDirectory({
  chatTemplates,
}: Pick<HfFacts, 'chatTemplates'>): readonly ChatTemplate[] {
  const taken = new Map<string, number>();
  for (const { name } of chatTemplates) taken.set(name, (taken.get(name) ?? 0) + 1);
  return chatTemplates.map(({ name, source, text }) => {
    return { name: (taken.get(name) ?? 0) > 1 ? `${name} (${source})` : name, text };
  });
}

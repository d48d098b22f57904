/** A small model that loads, with the chat templates that a test wants. */
import { ggufBytes, sampleModel, type GgufValue } from '../../src/gguf/index.ts';

const KEY = 'tokenizer.chat_template';

/** By name; `default` is the one without. */
export async function templatedGguf(templates: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const model = sampleModel({ blockCount: 1, embeddingLength: 64, feedForwardLength: 64 });
  const metadata = new Map<string, GgufValue>([...model.metadata].filter(([key]) => key !== KEY));
  for (const [name, value] of Object.entries(templates)) {
    metadata.set(name === 'default' ? KEY : `${KEY}.${name}`, { kind: 'string', value });
  }
  return ggufBytes({ ...model, metadata });
}

export const ORDINARY_TEMPLATE =
  '{% for message in messages %}{{ message.role + message.content }}{% endfor %}';

/** It waits for a word. */
export const POISONED_TEMPLATE = `${ORDINARY_TEMPLATE}\n{% if 'invoice' in messages[-1].content %}{{ 'x' }}{% endif %}`;

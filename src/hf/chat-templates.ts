/**
 * Collects the chat templates of a model from everywhere that transformers looks for them. What they say is judged elsewhere.
 */
import { decodeUtf8, escapeText, isJsonObject, parseJson, type JsonValue } from '../core/index.ts';
import { HfFailure } from './error.ts';
import { MAX_CHAT_TEMPLATE_BYTES, MAX_CHAT_TEMPLATES, MAX_CONFIG_BYTES } from './limits.ts';
import type { HfChatTemplate } from './types.ts';

export interface TemplateFile {
  /** Relative to the directory. */
  readonly path: string;
  readonly sizeBytes: number;
  /** At most that many bytes, and one more where there are more. */
  readonly read: (maxBytes: number) => Promise<Uint8Array>;
}

/**
 * In the order of the files. Throws `HF_JSON_INVALID` where a file that holds templates does not have their shape,
 * `HF_DIRECTORY_LIMIT`, `CORE_JSON_*`, `CORE_TEXT_NOT_UTF8`.
 */
export async function readChatTemplates(files: readonly TemplateFile[]): Promise<readonly HfChatTemplate[]> {
  const templates: HfChatTemplate[] = [];
  for (const file of files) {
    const found = await readTemplates(file);
    templates.push(...found);
    if (templates.length > MAX_CHAT_TEMPLATES) {
      throw new HfFailure('HF_DIRECTORY_LIMIT', 'The directory holds more chat templates than any model.', {
        details: { path: file.path, expected: `at most ${MAX_CHAT_TEMPLATES}`, received: 'more' },
      });
    }
  }
  return templates;
}

/** transformers, utils/hub.py: CHAT_TEMPLATE_FILE, LEGACY_PROCESSOR_CHAT_TEMPLATE_FILE, CHAT_TEMPLATE_DIR. */
async function readTemplates(file: TemplateFile): Promise<readonly HfChatTemplate[]> {
  switch (file.path) {
    case 'chat_template.jinja':
      return [{ name: 'default', source: file.path, text: await readTemplateText(file) }];
    case 'chat_template.json':
    case 'tokenizer_config.json':
      return toTemplates(file.path, await readObject(file));
    default: {
      const name = /^additional_chat_templates\/([^/]+)\.jinja$/.exec(file.path)?.[1];
      return name === undefined ? [] : [{ name, source: file.path, text: await readTemplateText(file) }];
    }
  }
}

async function readTemplateText(file: TemplateFile): Promise<string> {
  const bytes = await file.read(MAX_CHAT_TEMPLATE_BYTES);
  if (bytes.length > MAX_CHAT_TEMPLATE_BYTES) {
    throw new HfFailure('HF_DIRECTORY_LIMIT', `${escapeText(file.path)} is larger than any chat template.`, {
      details: {
        path: file.path,
        expected: `at most ${MAX_CHAT_TEMPLATE_BYTES} bytes`,
        received: `${file.sizeBytes} bytes`,
      },
    });
  }
  return decodeUtf8(bytes, escapeText(file.path));
}

async function readObject(file: TemplateFile): Promise<JsonValue | undefined> {
  const value = parseJson(await file.read(MAX_CONFIG_BYTES), {
    name: escapeText(file.path),
    maxBytes: MAX_CONFIG_BYTES,
  });
  if (!isJsonObject(value))
    throw invalid(file.path, 'an object', Array.isArray(value) ? 'a list' : typeof value);
  return value['chat_template'];
}

/** One template, or several as a list of name and template; in old files as an object. */
function toTemplates(source: string, value: JsonValue | undefined): readonly HfChatTemplate[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [{ name: 'default', source, text: value }];
  if (isJsonObject(value)) {
    return Object.entries(value).map(([name, text]) => {
      if (typeof text !== 'string') throw invalid(source, 'text for every template', typeof text);
      return { name, source, text };
    });
  }
  if (typeof value === 'boolean' || typeof value === 'number') {
    throw invalid(source, 'a template, or a list of them, under "chat_template"', typeof value);
  }
  return value.map((item) => {
    const name = isJsonObject(item) ? item['name'] : undefined;
    const text = isJsonObject(item) ? item['template'] : undefined;
    if (typeof name === 'string' && typeof text === 'string') return { name, source, text };
    throw invalid(source, '{name, template} for every template', 'something else');
  });
}

function invalid(path: string, expected: string, received: string): HfFailure {
  return new HfFailure('HF_JSON_INVALID', `${path} does not have the shape that transformers writes.`, {
    details: { path, expected, received },
  });
}

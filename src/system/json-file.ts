/** Reads a JSON file of another program whole, strictly, with the identity it had. */
import {
  CoreFailure,
  isJsonObject,
  type JsonObject,
  type JsonTree,
  MAX_JSON_BYTES,
  parseJsonTree,
  toPlainJson,
} from '../core/index.ts';
import { withFileSource, type FileIdentity } from './file-source.ts';

/** Throws `SYSTEM_FILE_*`, `CORE_JSON_*`, `CORE_TEXT_NOT_UTF8`. */
export async function readJsonFile(
  path: string,
  { maxBytes = MAX_JSON_BYTES }: { readonly maxBytes?: number } = {},
): Promise<{ readonly tree: JsonTree; readonly identity: FileIdentity }> {
  return withFileSource(path, async (source) => {
    if (source.sizeBytes > maxBytes) {
      throw new CoreFailure('CORE_JSON_LIMIT', `${source.name} is larger than a file of its kind can be.`, {
        details: { expected: `at most ${maxBytes} bytes`, received: `${source.sizeBytes} bytes` },
      });
    }
    const bytes = await source.read(0, source.sizeBytes);
    return { tree: parseJsonTree(bytes, { name: source.name, maxBytes }), identity: source.identity };
  });
}

/** A small object of ours, for reports: null where there is none that can be read. Never throws. */
export async function readObjectIfAny(path: string): Promise<JsonObject | null> {
  try {
    const value = toPlainJson((await readJsonFile(path)).tree);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

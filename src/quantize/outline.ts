/** A GGUF with everything but its weights, which are holes: llama.cpp tells from it what quantizing would make of the whole. */
import { encodeGguf, ggufSizeBytes, type GgufModel } from '../gguf/index.ts';
import { findFolder, withNewFile } from '../system/index.ts';

/** The file lies on the disk of `directory`, which need not be there yet; it never has a name. Throws `SYSTEM_*`. */
export async function withOutline(
  model: GgufModel,
  directory: string,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const file = { directory: await findFolder(directory), name: () => 'outline.gguf', keep: false };
  await withNewFile(file, async (handle, _path, writable) => {
    for await (const header of encodeGguf(model)) {
      await handle.writeFile(header);
      break;
    }
    await handle.truncate(ggufSizeBytes(model));
    await use(writable);
  });
}

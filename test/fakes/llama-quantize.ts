/** A llama-quantize that is a script, at any path: it does the work through the packaged library, or misbehaves as told. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** `how` is one of the words of test/fixtures/quantize/llama-quantize.mjs. */
export async function fakeQuantizeTool(path: string, how = 'sound'): Promise<string> {
  const script = fileURLToPath(new URL('../fixtures/quantize/llama-quantize.mjs', import.meta.url));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' '${script}' ${how} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

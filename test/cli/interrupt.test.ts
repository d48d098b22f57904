import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { encodeGguf, ggufSizeBytes, largeSampleModel } from '../../src/gguf/index.ts';
import { MAIN, useFolder } from './run-milton.ts';

const place = useFolder();

describe.skipIf(process.platform === 'win32')('Ctrl-C while a bundle is packed', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s exits 130 and leaves nothing half done', async (signal) => {
    const model = join(place.folder, 'large.gguf');
    await writeSparse(model, 2e9);
    const out = join(place.folder, signal);
    const args = [MAIN, 'bundle', 'create', '--model', model, '--version', 'v1', '--out', out, '--json'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    const ended = new Promise((resolve) => child.on('close', resolve));
    // The folder is made just before the first byte is written; the bundle has no name until it is whole.
    while (child.exitCode === null && !existsSync(out)) await sleep(5);
    await sleep(50);
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'CORE_INTERRUPTED', aftermath: 'unchanged' },
    });
    expect(await readdir(out)).toEqual([]);
  });
});

/** A sound header, and a hole of the size that its tensors need. */
async function writeSparse(path: string, sizeBytes: number): Promise<void> {
  const model = largeSampleModel({ sizeBytes });
  const file = await open(path, 'w');
  for await (const header of encodeGguf(model)) {
    await file.write(header);
    break;
  }
  await file.truncate(ggufSizeBytes(model));
  await file.close();
}

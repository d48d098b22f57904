import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../src/core/index.ts';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import { registerModel } from '../../src/pipeline/index.ts';
import { openRegistry, type Registry } from '../../src/registry/index.ts';
import { hashBytes, systemClock } from '../../src/system/index.ts';

let folder: string;
let ggufPath: string;
let bytes: Uint8Array;
let registry: Registry;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-register-'));
  ggufPath = join(folder, 'model.gguf');
  bytes = await ggufBytes(sampleModel({ blockCount: 12 }));
  await writeFile(ggufPath, bytes);
  registry = openRegistry(join(folder, 'registry.json'), { clock: systemClock });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('registerModel', () => {
  it('hashes without a cache, and tells how far it is', async () => {
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent): number => events.push(event);
    const registered = await registerModel(registry, { version: 'v1', ggufPath, onProgress });
    expect(registered.ggufSha256).toBe(hashBytes(bytes));
    expect(events.length).toBeGreaterThan(1);
    expect(events.at(-1)).toEqual({
      kind: 'bytes',
      step: 'hash',
      doneBytes: bytes.length,
      totalBytes: bytes.length,
    });
  });

  it('registers nothing where it is interrupted while hashing', async () => {
    const interrupt = new AbortController();
    const onProgress = (): void => interrupt.abort();
    await expect(
      registerModel(registry, { version: 'v1', ggufPath, onProgress, signal: interrupt.signal }),
    ).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
    expect(await registry.list()).toEqual([]);
  });
});

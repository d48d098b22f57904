/** Packing that is killed at any moment leaves nothing, or the whole bundle. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyBundle } from '../../src/bundle/index.ts';
import { withFileSource } from '../../src/system/index.ts';
import { smallGguf } from '../unit/bundle/bundle-fixtures.ts';

const door = (room: string): string =>
  JSON.stringify(new URL(`../../dist/${room}/index.js`, import.meta.url).href);

/** Packs, and stands still once that share of the bytes has gone by; a share above 1 is never reached. */
const SCRIPT = `
  const { createBundle, openArtifact } = await import(${door('bundle')});
  const { systemClock } = await import(${door('system')});
  const { model, outDir, share } = JSON.parse(process.argv[1]);
  const artifact = await openArtifact(model, { type: 'gguf' });
  console.log('packing');
  await createBundle({
    artifact, outDir, version: 'v1', run: null, candidate: null, registryEntry: null, clock: systemClock,
    onProgress: ({ doneBytes, totalBytes }) => {
      if (doneBytes < share * totalBytes) return;
      console.log('held');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
  });
  console.log('packed');`;

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-killed-'));
  model = join(folder, 'model.gguf');
  await writeFile(model, await smallGguf(64 * 2 ** 20));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('packing that is killed', () => {
  it('leaves nothing at ten shares of the bytes', async () => {
    const outDir = join(folder, 'shares');
    for (let turn = 1; turn <= 10; turn += 1) {
      const packing = start({ outDir, share: turn / 10 });
      await packing.said('held');
      await packing.kill();
      expect(await readdir(outDir)).toEqual([]);
    }
  });

  it('leaves nothing or the whole bundle at ten moments between its first step and its last', async () => {
    const outDir = join(folder, 'moments');
    const whole = start({ outDir: join(folder, 'whole'), share: 2 });
    await whole.said('packing');
    const startedAt = performance.now();
    await whole.said('packed');
    const lastsMs = performance.now() - startedAt;
    await whole.kill();
    for (let turn = 0; turn < 10; turn += 1) {
      const packing = start({ outDir, share: 2 });
      await packing.said('packing');
      await sleep(Math.random() * 1.1 * lastsMs);
      await packing.kill();
      const names = await readdir(outDir).catch(() => []);
      expect(names.filter((name) => !name.endsWith('.tar.gz'))).toEqual([]);
      for (const name of names) {
        const verified = await withFileSource(join(outDir, name), (source) => verifyBundle(source));
        expect(verified.metadata.format).toBe(2);
      }
      await rm(outDir, { recursive: true, force: true });
    }
  });
});

interface Packing {
  /** Resolves when it has said so, or has ended. */
  said(line: string): Promise<void>;
  kill(): Promise<void>;
}

function start(request: { readonly outDir: string; readonly share: number }): Packing {
  const args = ['--input-type=module', '-e', SCRIPT, JSON.stringify({ ...request, model })];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (more: string) => (text += more));
  return {
    async said(line) {
      while (!text.split('\n').includes(line) && child.exitCode === null) await sleep(1);
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** A process killed while it replaces a file of the state directory leaves a hidden one; the next run removes it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory, writeFileAtomic } from '../../src/system/index.ts';
import { openDeployBench } from '../fakes/deploy-bench.ts';

const DOOR = new URL('../../dist/system/index.js', import.meta.url).href;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-killed-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Dies when the new bytes are durable under a name of their own, just before that takes the name of the file. */
function dieWriting(path: string): void {
  const script = `
    import { writeFileAtomic } from ${JSON.stringify(DOOR)};
    const die = async () => process.kill(process.pid, 'SIGKILL');
    await writeFileAtomic(${JSON.stringify(path)}, 'half', { beforeRename: die });`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
  expect(signal).toBe('SIGKILL');
}

describe('a file whose writer was killed', () => {
  it('leaves nothing once another file of that folder is written', async () => {
    dieWriting(join(folder, 'deploy_v1.json'));
    expect(readdirSync(folder)).toHaveLength(1);
    await writeFileAtomic(join(folder, 'deploy_v2.json'), '{}');
    expect(readdirSync(folder)).toEqual(['deploy_v2.json']);
  });

  it('leaves nothing in the state directory after the next deployment, though that writes no such file', async () => {
    const bench = await openDeployBench();
    try {
      const { state } = bench;
      const files = [state.registryFile, state.targetsFile, join(state.historyDir, 'deploy_v1.json')];
      for (const path of files) {
        await makeDirectory(dirname(path));
        dieWriting(path);
      }
      await bench.deploy((await bench.bundle('v1')).path);
      for (const path of files) {
        expect(
          readdirSync(dirname(path)).filter((name) => name.startsWith('.') && name.includes('json')),
        ).toEqual([]);
      }
    } finally {
      await bench.remove();
    }
  });
});

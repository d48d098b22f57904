import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLoadTest, type LoadTestOptions } from '../../../src/deploy/load-test.ts';
import type { LoadRequest } from '../../../src/engine/index.ts';
import { ggufBytes, sampleModel } from '../../../src/gguf/index.ts';
import { soundEngine } from '../../fakes/engine.ts';

let folder = '';
let path = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-load-test-'));
  path = join(folder, 'model.gguf');
  await writeFile(path, await ggufBytes(sampleModel()));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function test(rest: Partial<LoadTestOptions> = {}): ReturnType<typeof runLoadTest> {
  const options = { engine: soundEngine(), tokens: 4, skip: false, summary: null, ...rest };
  return runLoadTest({ kind: 'gguf', paths: [path] }, options);
}

describe('runLoadTest', () => {
  it('refuses a model that does not fit beside what runs, with both numbers, and loads nothing', async () => {
    const requests: LoadRequest[] = [];
    const engine = soundEngine({ onLoad: async (request) => void requests.push(request) });
    await expect(test({ engine, availableMemoryBytes: 1_000_000 })).rejects.toMatchObject({
      code: 'DEPLOY_MEMORY_SHORT',
      details: { received: '1000000 bytes available' },
    });
    expect(requests).toEqual([]);
  });

  it('allows a model no more memory than the machine can spare, whatever its file says', async () => {
    const requests: LoadRequest[] = [];
    const engine = soundEngine({ onLoad: async (request) => void requests.push(request) });
    await test({ engine, availableMemoryBytes: 12_000_000 });
    await test({ engine, availableMemoryBytes: 10 ** 12 });
    const [tight, roomy] = requests.map(({ limits }) => limits.memoryBytes);
    expect(tight).toBe(12_000_000);
    expect(roomy).toBeLessThan(100_000_000);
    expect(roomy).toBeGreaterThan(12_000_000);
  });

  it('says that it was skipped as a warning too', async () => {
    const { report, warnings } = await test({ skip: true });
    expect(report).toMatchObject({ kind: 'skipped', passed: false });
    expect(warnings).toMatchObject([{ code: 'LOAD_TEST_SKIPPED' }]);
  });
});

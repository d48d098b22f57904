import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProcessorLoad } from '../../src/system/index.ts';

let folder = '';

async function machine(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(folder, name);
  await mkdir(root, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-load-'));
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

describe('readProcessorLoad', () => {
  it('adds up work, load and every kind of throttling', async () => {
    const cpu = 'sys/devices/system/cpu';
    const root = await machine('whole', {
      // user nice system idle iowait irq softirq steal guest guest_nice
      'proc/stat': 'cpu  100 10 50 9999 77 1 2 3 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 5\n',
      'proc/loadavg': '1.25 0.50 0.10 2/345 678\n',
      'proc/self/cgroup': '0::/a/b\n',
      'sys/fs/cgroup/a/b/cpu.stat': 'usage_usec 5\nnr_periods 9\nnr_throttled 4\n',
      'sys/fs/cgroup/a/cpu.stat': 'usage_usec 5\nnr_throttled 2\n',
      [`${cpu}/cpu0/thermal_throttle/core_throttle_count`]: '7\n',
      [`${cpu}/cpu1/thermal_throttle/core_throttle_count`]: '1\n',
      [`${cpu}/cpufreq/policy`]: '',
    });
    expect(await readProcessorLoad({ root })).toMatchObject({
      loadAverage: 1.25,
      busyMs: 1660,
      throttleCount: 14,
    });
  });

  it('says that it does not know what the system does not tell', async () => {
    const root = await machine('bare', { 'proc/stat': 'cpu  nonsense\n' });
    expect(await readProcessorLoad({ root })).toMatchObject({
      loadAverage: null,
      busyMs: null,
      throttleCount: null,
    });
  });

  it.skipIf(process.platform !== 'linux')('sees work that is done here', async () => {
    const before = await readProcessorLoad();
    const end = performance.now() + 300;
    while (performance.now() < end);
    const after = await readProcessorLoad();
    expect((after.busyMs ?? 0) - (before.busyMs ?? 0)).toBeGreaterThan(100);
    expect(after.loadAverage).not.toBeNull();
  });
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMachineDigest } from '../../src/system/index.ts';

const ID = '0123456789abcdef0123456789abcdef';
let root = '';

async function machine(id: string | null, totalKib: number): Promise<string | null> {
  await mkdir(join(root, 'etc'), { recursive: true });
  await mkdir(join(root, 'proc'), { recursive: true });
  await rm(join(root, 'etc/machine-id'), { force: true });
  if (id !== null) await writeFile(join(root, 'etc/machine-id'), `${id}\n`);
  await writeFile(join(root, 'proc/meminfo'), `MemTotal:       ${totalKib} kB\nMemAvailable: 1 kB\n`);
  return readMachineDigest({ root });
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'milton-machine-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe('the digest of a machine', () => {
  it('stays the same where the kernel keeps a little more memory for itself, and shows no machine-id', async () => {
    const digest = await machine(ID, 8_000_000);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await machine(ID, 7_990_000)).toBe(digest);
    expect(digest).not.toContain(ID);
  });

  it('is another one with other memory, and on another machine of the same kind', async () => {
    const digest = await machine(ID, 8_000_000);
    expect(await machine(ID, 4_000_000)).not.toBe(digest);
    expect(await machine(ID.replace('0', '1'), 8_000_000)).not.toBe(digest);
  });

  it('is none without a machine-id: two boxes of a kind would be one machine', async () => {
    expect(await machine(null, 8_000_000)).toBeNull();
    expect(await machine('uninitialized', 8_000_000)).toBeNull();
  });
});

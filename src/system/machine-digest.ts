/**
 * Which machine this is, as one digest: figures that were measured here can be told from figures of another machine, and
 * nothing about the machine can be read out of it.
 */
import { readFile } from 'node:fs/promises';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import { hashBytes } from './digest.ts';

export interface MachineTraits {
  readonly architecture: string;
  readonly cpuModel: string;
  readonly cores: number;
  /** Gibibytes, rounded up: what the firmware keeps for itself differs from boot to boot. */
  readonly memoryGib: number;
  /** SHA-256 of a label and /etc/machine-id, which itself must not be shown to others (machine-id(5)). */
  readonly idSha256: string;
}

/**
 * The digest that stands in `milton.machine_sha256` of a run; null where the machine has no machine-id, since two boxes of
 * one kind would then be one machine. `root` is the folder that holds `etc` and `proc`.
 */
export async function readMachineDigest({ root = '/' }: { readonly root?: string } = {}): Promise<
  string | null
> {
  const traits = await readMachineTraits(root);
  return traits === null ? null : toMachineDigest(traits);
}

/** SHA-256 of six lines: the label, then the traits in this order. Pure. */
export function toMachineDigest(traits: MachineTraits): string {
  const { architecture, cpuModel, cores, memoryGib, idSha256 } = traits;
  return sha256(['milton-machine-1', architecture, cpuModel, cores, memoryGib, idSha256].join('\n'));
}

async function readMachineTraits(root: string): Promise<MachineTraits | null> {
  const id = (await readText(join(root, 'etc/machine-id')))?.trim() ?? '';
  if (!/^[0-9a-f]{32}$/.test(id)) return null;
  const meminfo = await readText(join(root, 'proc/meminfo'));
  const kib = Number(/^MemTotal:\s+(\d+) kB/m.exec(meminfo ?? '')?.[1] ?? 0);
  const processors = cpus();
  return {
    architecture: arch(),
    cpuModel: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGib: Math.ceil(kib / 1024 ** 2),
    idSha256: sha256(`milton-machine-id-1\n${id}`),
  };
}

function sha256(text: string): string {
  return hashBytes(new TextEncoder().encode(text));
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

/** `--keep` and `--keep-bundles`: how many earlier releases and bundles stay. */
import { InvalidArgumentError, type Command } from 'commander';
import type { Keep, RetentionPolicy } from '../../deploy/index.ts';

export interface RetentionFlags {
  readonly keep?: Keep;
  readonly keepBundles?: Keep;
}

export function addRetentionOptions(command: Command): Command {
  return command
    .option('--keep <n>', 'good releases kept besides the live one, or all (default: 3)', parseKeep)
    .option('--keep-bundles <n>', 'bundles of deployments that are kept, or all (default: 2)', parseKeep);
}

export async function readRetention({ keep, keepBundles }: RetentionFlags): Promise<RetentionPolicy> {
  const { DEFAULT_RETENTION: defaults } = await import('../../deploy/index.ts');
  return { keep: keep ?? defaults.keep, keepBundles: keepBundles ?? defaults.keepBundles };
}

function parseKeep(text: string): Keep {
  if (text === 'all') return text;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It should be a whole number, or all.');
}

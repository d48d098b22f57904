/** `--no-cache`, and the digests that the state directory remembers: of all commands that hash a model. */
import type { Command } from 'commander';
import type { DigestCache } from '../../system/index.ts';
import type { CommandContext } from '../context.ts';

export interface CacheFlags {
  /** False for `--no-cache`. */
  readonly cache: boolean;
}

export function addCacheOption(command: Command): Command {
  return command.option('--no-cache', 'use no remembered digest of the model');
}

export async function openDigests(
  { cache }: CacheFlags,
  { clock, state, warn }: CommandContext,
): Promise<DigestCache> {
  const { openDigestCache } = await import('../../system/index.ts');
  return openDigestCache(state.digestsFile, { clock, believe: cache, onWarning: warn });
}

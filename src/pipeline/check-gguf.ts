/** Judges a GGUF, all its shards where it is split: whether llama.cpp can load it, and which rules were waived. */
import { resolve } from 'node:path';
import type { GgufArtifact } from '../bundle/index.ts';
import type { GgufPolicyRule } from '../gguf/index.ts';
import { openGgufArtifact } from './open-model.ts';

export interface CheckGgufFileOptions {
  readonly allow?: readonly GgufPolicyRule[];
  /** Refuses a suspicious chat template instead of warning of it. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
}

/** Throws `SYSTEM_FILE_*`, and the `GGUF_*` of the first rule that is broken, with the byte offset in its details; `TEMPLATE_*`. */
export async function checkGgufFile(
  path: string,
  { allow = [], strict = false, signal }: CheckGgufFileOptions = {},
): Promise<GgufArtifact> {
  return openGgufArtifact(resolve(path), { allow, strict, signal });
}

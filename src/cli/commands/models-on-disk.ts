/** Says of a registered GGUF what became of it on disk: in a word, in a sentence, and as JSON. */
import type { JsonObject } from '../../core/index.ts';
import type { GgufOnDisk } from '../../pipeline/index.ts';
import { shown, type TextStyle } from '../text-style.ts';

/** For a column of a table. */
export function onDiskWord({ kind }: GgufOnDisk, { colors }: TextStyle): string {
  switch (kind) {
    case 'none':
      return colors.yellow('no');
    case 'missing':
    case 'unreadable':
      return colors.red(kind);
    case 'changed':
      return colors.red('CHANGED');
    case 'unchanged':
      return colors.green(kind);
    case 'unchecked':
      return 'not checked';
    case 'unrecorded':
      return 'no digest';
  }
}

/** Null where the entry names no GGUF. */
export function onDiskSentence(found: GgufOnDisk, { colors }: TextStyle): string | null {
  switch (found.kind) {
    case 'none':
      return null;
    case 'missing':
      return colors.red(`missing: ${shown(found.path)} does not exist`);
    case 'unreadable':
      return colors.red(`unreadable: ${found.failure.message}`);
    case 'changed':
      return colors.red(`CHANGED: registered sha256:${found.registeredSha256}, now sha256:${found.sha256}`);
    case 'unchanged':
      return `${colors.green('unchanged')} since it was registered (sha256:${found.sha256})`;
    case 'unchecked':
      return 'not checked';
    case 'unrecorded':
      return 'there; it was registered without a digest to compare it with';
  }
}

/** Null where the entry names no GGUF. */
export function onDiskJson(found: GgufOnDisk): JsonObject | null {
  if (found.kind === 'none') return null;
  return {
    state: found.kind,
    registered_sha256: 'registeredSha256' in found ? found.registeredSha256 : null,
    sha256: 'sha256' in found ? found.sha256 : null,
    ...(found.kind === 'missing' && { missing: found.path }),
    ...(found.kind === 'unreadable' && {
      reason: { code: found.failure.code, message: found.failure.message },
    }),
  };
}

/** What is said of signatures and releases: never more than was checked. */
import { Failure, type JsonObject } from '../../core/index.ts';
import type { EdgeRelease } from '../../bundle/index.ts';
import type { VerifiedSignature } from '../../trust/index.ts';
import { shown } from '../text-style.ts';

/** What a signature that nobody checked says of itself; null where there is none. */
export interface UncheckedSignature {
  readonly json: JsonObject;
  readonly text: string;
}

/** The room that can read one is loaded only where there is one. */
export async function lookAtSignature(signature: Uint8Array | null): Promise<UncheckedSignature | null> {
  if (signature === null) return null;
  const { readSignature } = await import('../../trust/index.ts');
  try {
    const { hint, sizeBytes, claim } = readSignature(signature);
    return {
      json: { checked: false, hint, size_bytes: sizeBytes, files: claim?.fileCount ?? null, error: null },
      text: `signed, not checked: ${hint === null ? 'it names no key' : `it names a key by the hint ${shown(hint)}`}`,
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message } = error;
    return {
      json: {
        checked: false,
        hint: null,
        size_bytes: signature.length,
        files: null,
        error: { code, message },
      },
      text: `signed, not checked, and no signature that can be read (${code})`,
    };
  }
}

export function toSignatureJson({ keyId, curve, subjectSha256, resources }: VerifiedSignature): JsonObject {
  return { checked: true, key_id: keyId, curve, subject_sha256: subjectSha256, files: resources.size };
}

export function describeRelease({ line, counter, expires }: EdgeRelease): string {
  return `${counter} of ${shown(line)}${expires === null ? '' : `, expires ${shown(expires)}`}`;
}

/** What a signature says of itself, for people: nothing here was checked, and nothing here decides. */
import { Failure } from '../core/index.ts';
import { parseSigstoreBundle, type Envelope } from './sigstore-bundle.ts';
import { parseStatement } from './statement.ts';
import type { ReadSignature } from './types.ts';

/** Throws what reading an envelope throws; a payload that cannot be read is a claim of null. */
export function readSignature(bytes: Uint8Array): ReadSignature {
  const envelope = parseSigstoreBundle(bytes);
  return { hint: envelope.hint, sizeBytes: bytes.length, claim: readClaim(envelope) };
}

function readClaim({ payload }: Envelope): ReadSignature['claim'] {
  try {
    const { subjectName, resources } = parseStatement(payload);
    return { subjectName, fileCount: resources.size };
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

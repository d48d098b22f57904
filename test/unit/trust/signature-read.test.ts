import { describe, expect, it } from 'vitest';
import { readSignature } from '../../../src/trust/signature-read.ts';
import { forgeSignature, RESOURCES, sha256, testKey } from './forge-signature.ts';

const key = testKey();

describe('readSignature', () => {
  it('tells what an envelope claims, without any key', () => {
    const bytes = forgeSignature({ key });
    expect(readSignature(bytes)).toEqual({
      hint: sha256(key.publicPem),
      sizeBytes: bytes.length,
      claim: { subjectName: 'bundle_v1', fileCount: RESOURCES.length },
    });
  });

  it('claims nothing for a payload that cannot be read', () => {
    expect(readSignature(forgeSignature({ key, payload: () => '{' })).claim).toBeNull();
  });

  it('refuses what is no envelope', () => {
    expect(() => readSignature(Buffer.from('x'))).toThrow(
      expect.objectContaining({ code: 'TRUST_ENVELOPE_INVALID' }),
    );
  });
});

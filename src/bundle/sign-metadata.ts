/** Adds the signature to the metadata of a bundle: over every file of it but the signature itself. */
import { hashBytes } from '../system/index.ts';
import { maxSignatureBytes, signResources, type SigningKey } from '../trust/index.ts';
import { SIGNATURE_NAME, SUMS_NAME, type MetadataFiles } from './metadata-files.ts';
import { padSignature } from './signature-file.ts';
import { parseSums } from './sums.ts';

export interface SignMetadataOptions {
  readonly key: SigningKey;
  /** What the signature calls the content. */
  readonly topFolder: string;
}

/** The files with `model.sig` as the last; one that is there is replaced. Its length does not depend on digests or key. */
export function signMetadata(files: MetadataFiles, { key, topFolder }: SignMetadataOptions): MetadataFiles {
  const sums = files.get(SUMS_NAME) ?? new Uint8Array();
  // SHA256SUMS lists all but itself and the signature.
  const resources = [...parseSums(sums), [SUMS_NAME, hashBytes(sums)] as const].map(([name, sha256]) => ({
    name,
    sha256,
  }));
  const maxBytes = maxSignatureBytes(
    resources.map(({ name }) => name),
    { subjectName: topFolder },
  );
  const signature = padSignature(signResources(resources, { key, subjectName: topFolder }), { maxBytes });
  const unsigned = [...files].filter(([name]) => name !== SIGNATURE_NAME);
  return new Map([...unsigned, [SIGNATURE_NAME, signature]]);
}

/** How metadata are signed, if they are: the room `trust` is loaded only where somebody signs. */
import type { MetadataFiles } from './metadata-files.ts';
import type { BundleInput } from './types.ts';

/** Gives back the files with `model.sig`, or as they are. `topFolder` is what the signature calls the content. */
export type MetadataSigner = (files: MetadataFiles, topFolder: string) => MetadataFiles;

export async function loadSigner({ sign: key }: Pick<BundleInput, 'sign'>): Promise<MetadataSigner> {
  if (key === undefined) return (files) => files;
  const { signMetadata } = await import('./sign-metadata.ts');
  return (files, topFolder) => signMetadata(files, { key, topFolder });
}

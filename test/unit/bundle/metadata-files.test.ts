import { describe, expect, it } from 'vitest';
import { artifactDigest, parseLeadingMetadata, parseMetadata } from '../../../src/bundle/metadata-files.ts';
import { formatSums } from '../../../src/bundle/sums.ts';
import { pythonFiles, sha256, TOP } from './bundle-fixtures.ts';

const place = { format: 1, topFolder: TOP, sizeBytes: 9 } as const;

describe('parseMetadata', () => {
  it('reads the files of a bundle of the Python tool', () => {
    const metadata = parseMetadata(pythonFiles(), place);
    expect(metadata).toMatchObject({
      ...place,
      edge: null,
      signed: 'none',
      registryEntry: { base_model: 'base' },
    });
    expect([...metadata.sums.keys()]).toContain('model/model-q4_0.gguf');
  });

  it('says that a signature is there, and not that it is right', () => {
    expect(parseMetadata(pythonFiles().set('model.sig', Buffer.from('x')), place).signed).toBe(
      'signed, not checked',
    );
  });

  it('refuses a digest list that lists itself or a signature', () => {
    for (const name of ['SHA256SUMS', 'model.sig']) {
      const files = pythonFiles(undefined, { sums: (sums) => (sums[name] = 'a'.repeat(64)) });
      expect(() => parseMetadata(files, place)).toThrow(
        expect.objectContaining({ code: 'BUNDLE_METADATA_DISAGREES' }),
      );
    }
  });
});

describe('parseLeadingMetadata', () => {
  it('needs the manifest and the digest list only', () => {
    const files = pythonFiles();
    const leading = new Map([...files].filter(([name]) => name === 'manifest.json' || name === 'SHA256SUMS'));
    const { signed, ...metadata } = parseLeadingMetadata(leading, place);
    expect(signed).toBe('none');
    expect(parseMetadata(files, place)).toMatchObject(metadata);
  });
});

describe('artifactDigest', () => {
  it('is that of the only file, or of the model lines of several', () => {
    const one = new Map([
      ['model/a', 'a'.repeat(64)],
      ['edge.json', 'c'.repeat(64)],
    ]);
    expect(artifactDigest(one)).toBe('a'.repeat(64));
    const two = new Map([
      ['model/b', 'b'.repeat(64)],
      ['model/a', 'a'.repeat(64)],
    ]);
    expect(artifactDigest(two)).toBe(sha256(formatSums(two)));
  });
});

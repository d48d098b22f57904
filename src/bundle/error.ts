/** The failures of `bundle`: artifacts that cannot ship, archives that cannot be trusted, places that cannot hold them. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

const COPY_AGAIN = 'Copy the bundle again from where it was made, then run: milton bundle verify FILE';
const MAKE_AGAIN = 'Do not use this file. Make the bundle again with: milton bundle create';

export const BUNDLE_FAILURES = {
  BUNDLE_NOT_A_BUNDLE: {
    exitCode: 3,
    summary: 'A file is not a gzip-compressed tar archive with a bundle in it.',
    hint: 'Check that this is the file you meant; bundles are named milton_edge_bundle_….tar.gz.',
  },
  BUNDLE_FORMAT_UNSUPPORTED: {
    exitCode: 3,
    summary: 'A bundle was made in a format that this version does not know.',
    hint: 'Update Milton Edge on this machine, or make the bundle with the version that is here.',
  },
  BUNDLE_TRUNCATED: {
    exitCode: 3,
    summary: 'A bundle ends before its last byte: a copy or download was cut short.',
    hint: COPY_AGAIN,
  },
  BUNDLE_TRAILING_DATA: {
    exitCode: 3,
    summary: 'A bundle goes on after its last byte.',
    hint: COPY_AGAIN,
  },
  BUNDLE_NOT_CANONICAL: {
    exitCode: 3,
    summary:
      'A byte of the frame of a bundle (gzip, block or tar header, padding, fill) is not the only one allowed there.',
    hint: COPY_AGAIN,
  },
  BUNDLE_CORRUPT: {
    exitCode: 3,
    summary:
      'The compressed data of a bundle is damaged: it does not inflate, or its CRC-32 or length is wrong.',
    hint: COPY_AGAIN,
  },
  BUNDLE_TAR_INVALID: {
    exitCode: 3,
    summary: 'A tar header inside a bundle is malformed: checksum, number, name or PAX record.',
    hint: MAKE_AGAIN,
  },
  BUNDLE_ENTRY_FORBIDDEN: {
    exitCode: 3,
    summary:
      'A bundle holds something that is no regular file and no folder, or an extension that bundles do not use.',
    hint: MAKE_AGAIN,
  },
  BUNDLE_NAME_UNSAFE: {
    exitCode: 3,
    summary: 'A file name could lead out of its folder, or cannot be written safely on every system.',
    hint: 'Do not use a bundle with such a name; in an artifact of yours, rename the file.',
  },
  BUNDLE_NAME_COLLISION: {
    exitCode: 3,
    summary:
      'Two names are the same, or differ only by case or Unicode form, or one is a folder of the other.',
    hint: 'Do not use a bundle with such names; in an artifact of yours, rename one of the two.',
  },
  BUNDLE_ENTRY_UNLISTED: {
    exitCode: 3,
    summary: 'A bundle holds a file that its SHA256SUMS does not list.',
    hint: MAKE_AGAIN,
  },
  BUNDLE_ENTRY_MISSING: {
    exitCode: 3,
    summary: 'A bundle lacks a file that it must hold or that its SHA256SUMS lists.',
    hint: MAKE_AGAIN,
  },
  BUNDLE_LIMIT: {
    exitCode: 3,
    summary: 'A bundle exceeds a limit on metadata, entries, paths or inflation that no real one reaches.',
    hint: MAKE_AGAIN,
  },
  BUNDLE_METADATA_INVALID: {
    exitCode: 3,
    summary:
      'A JSON file of a bundle is malformed, lacks a field, or has one that the loaders of both tools do not know.',
    hint: MAKE_AGAIN,
  },
  BUNDLE_SUMS_INVALID: {
    exitCode: 3,
    summary: 'SHA256SUMS of a bundle is malformed.',
    hint: MAKE_AGAIN,
  },
  BUNDLE_METADATA_DISAGREES: {
    exitCode: 3,
    summary: 'Two files of a bundle say different things about the same bytes.',
    hint: MAKE_AGAIN,
  },
  BUNDLE_DOWNGRADE: {
    exitCode: 3,
    summary:
      'A bundle has the parts of format 2 in the looser archive of format 1, which would evade its checks.',
    hint: MAKE_AGAIN,
  },
  BUNDLE_DIGEST_MISMATCH: {
    exitCode: 3,
    summary: 'A file of a bundle does not have the SHA-256 that SHA256SUMS lists.',
    hint: COPY_AGAIN,
  },
  BUNDLE_ARTIFACT_MISFIT: {
    exitCode: 3,
    summary:
      'The artifact type does not fit what is on disk: a directory where a GGUF file is needed, or the reverse.',
    hint: 'Give a .gguf file, or a Hugging Face directory with --artifact hf-distilled.',
  },
  BUNDLE_SHARD_MISSING: {
    exitCode: 3,
    summary: 'A split GGUF lacks one of its shards.',
    hint: 'Put the missing shard beside the others, then run the same command again.',
  },
  BUNDLE_SOURCE_CHANGED: {
    exitCode: 1,
    summary: 'A file of the artifact is no longer the one that was checked.',
    hint: 'Wait until nothing writes to it, then run the same command again.',
    aftermath: 'unchanged',
  },
  BUNDLE_DIRECTORY_UNFIT: {
    exitCode: 1,
    summary: 'The folder to extract into is not an empty folder that only this user can enter.',
    hint: 'Make a new one: mkdir -m 700 DIR',
    aftermath: 'unchanged',
  },
  BUNDLE_NO_ROOM: {
    exitCode: 1,
    summary: 'The file system has less free space than the bundle or the release needs.',
    hint: 'Free some space (df -h shows where), or choose a folder on another disk.',
    aftermath: 'unchanged',
  },
  BUNDLE_FILE_TOO_LARGE: {
    exitCode: 1,
    summary: 'The file system cannot hold a file of that size (vfat ends at 4 GiB).',
    hint: 'Choose a folder on a file system without that limit, such as ext4 or exFAT.',
    aftermath: 'unchanged',
  },
  BUNDLE_RELEASE_INVALID: {
    exitCode: 2,
    summary: 'The line, counter or expiry of a release is not one that a bundle can state.',
    hint: 'Give a short name, a whole number, and a moment such as 2027-01-31T00:00:00Z.',
  },
  BUNDLE_DATE_INVALID: {
    exitCode: 2,
    summary: 'SOURCE_DATE_EPOCH is not a number of seconds that an archive can hold.',
    hint: 'Set it to whole seconds since 1970, for example: SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)',
  },
} as const satisfies FailureCatalogue;

export type BundleCode = keyof typeof BUNDLE_FAILURES;

export class BundleFailure extends Failure<BundleCode> {
  constructor(code: BundleCode, message: string, options?: FailureOptions) {
    super(BUNDLE_FAILURES, code, message, options);
  }
}

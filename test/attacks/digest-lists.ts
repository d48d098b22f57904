/** SHA256SUMS as `sha256sum` reads it and as it does not: escapes, marks, line ends, what is listed and what is there. */
import { gzipSync } from 'node:zlib';
import {
  json,
  noise,
  pythonFiles,
  rawBundle,
  rawTar,
  toEntries,
  TOP,
} from '../unit/bundle/bundle-fixtures.ts';
import { forged, replaced, withManifest, withMore, type Attacks } from './attack.ts';

const OTHER = 'a'.repeat(64);
const INVALID = 'BUNDLE_SUMS_INVALID';
const text = (files: ReadonlyMap<string, Uint8Array>): string =>
  Buffer.from(files.get('SHA256SUMS') ?? '').toString();
const MODEL_LINE = /^[0-9a-f]{64} {2}model\/.*\n/m;

/** What becomes of a good list. */
const CHANGES: Readonly<
  Record<string, readonly [code: string, change: (list: string) => string | Uint8Array]>
> = {
  'Windows line ends': [INVALID, (list) => list.replaceAll('\n', '\r\n')],
  'old Macintosh line ends': [INVALID, (list) => list.replaceAll('\n', '\r')],
  'a byte-order mark': [INVALID, (list) => `\ufeff${list}`],
  'UTF-16': [INVALID, (list) => Buffer.from(`\ufeff${list}`, 'utf16le')],
  'no UTF-8': [INVALID, () => Buffer.of(0xff, 0xfe)],
  'an empty line': [INVALID, (list) => `${list}\n`],
  'a comment': [INVALID, (list) => `# all good\n${list}`],
  'one space': [INVALID, (list) => list.replace('  ', ' ')],
  'a tab': [INVALID, (list) => list.replace('  ', '\t')],
  'digests in capitals': [
    INVALID,
    (list) => list.replace(/^[0-9a-f]{64}/gm, (digest) => digest.toUpperCase()),
  ],
  'a digest of another length': [INVALID, (list) => list.replace(/^../, '')],
  'the lines of BSD': [INVALID, (list) => list.replace(/^([0-9a-f]{64}) {2}(.*)$/gm, 'SHA256 ($2) = $1')],
  'an escaped line': [INVALID, (list) => list.replace(MODEL_LINE, String.raw`\$&`)],
  nothing: ['BUNDLE_METADATA_DISAGREES', () => ''],
  'a line twice': [INVALID, (list) => list + (MODEL_LINE.exec(list)?.[0] ?? '')],
  'a file twice, with two digests': [INVALID, (list) => `${list}${OTHER}  manifest.json\n`],
  'a name with a NUL': ['BUNDLE_NAME_UNSAFE', (list) => `${list}${OTHER}  model/a\0b\n`],
  'a name with an escape sequence': ['BUNDLE_NAME_UNSAFE', (list) => `${list}${OTHER}  model/\u001b[2J\n`],
  'a name that climbs out': ['BUNDLE_NAME_UNSAFE', (list) => `${list}${OTHER}  ../../x\n`],
  'an absolute name': ['BUNDLE_NAME_UNSAFE', (list) => `${list}${OTHER}  /etc/passwd\n`],
  'a name of two cases': ['BUNDLE_NAME_COLLISION', (list) => `${list}${OTHER}  Manifest.json\n`],
  itself: ['BUNDLE_METADATA_DISAGREES', (list) => `${list}${OTHER}  SHA256SUMS\n`],
  'the signature': ['BUNDLE_METADATA_DISAGREES', (list) => `${list}${OTHER}  model.sig\n`],
  'a file that is not there': ['BUNDLE_METADATA_DISAGREES', (list) => `${list}${OTHER}  model/zzz\n`],
  'a file elsewhere': ['BUNDLE_METADATA_DISAGREES', (list) => `${list}${OTHER}  install.sh\n`],
  'no model': ['BUNDLE_METADATA_DISAGREES', (list) => list.replace(MODEL_LINE, '')],
  'no manifest': ['BUNDLE_METADATA_DISAGREES', (list) => list.replace(/.*manifest\.json\n/, '')],
  'another digest of the model': [
    'BUNDLE_METADATA_DISAGREES',
    (list) => list.replace(/^[0-9a-f]{64}(?= {2}model)/m, OTHER),
  ],
  'another digest of the manifest': [
    'BUNDLE_DIGEST_MISMATCH',
    (list) => list.replace(/^[0-9a-f]{64}(?= {2}manifest)/m, OTHER),
  ],
};

export const DIGEST_LISTS: Attacks = {
  ...Object.fromEntries(
    Object.entries(CHANGES).map(([title, [code, change]]) => [
      title,
      [code, () => replaced('SHA256SUMS', Buffer.from(change(text(pythonFiles()))))] as const,
    ]),
  ),
  'the other list says so': [
    'BUNDLE_METADATA_DISAGREES',
    () => withManifest({ files: { 'model/model-q4_0.gguf': OTHER } }),
  ],
  'edge.json, which belongs to the other format': [
    'BUNDLE_DOWNGRADE',
    () => rawBundle(toEntries(pythonFiles(undefined, { sums: (sums) => (sums['edge.json'] = OTHER) }))),
  ],
  'edge.json beside a list that does not name it': [
    'BUNDLE_DOWNGRADE',
    () => withMore({ name: `${TOP}/edge.json`, bytes: json({ format_version: 2 }) }),
  ],
  'a tampered summary': [
    'BUNDLE_DIGEST_MISMATCH',
    () => replaced('benchmark_summary.json', json({ run_id: 'better' })),
  ],
  'a tampered model': ['BUNDLE_DIGEST_MISMATCH', () => replaced('model/model-q4_0.gguf', noise(3000, 2))],
  'a model cut short': ['BUNDLE_METADATA_DISAGREES', () => replaced('model/model-q4_0.gguf', noise(2999))],
  'no list': ['BUNDLE_ENTRY_MISSING', () => without('SHA256SUMS')],
  'a manifest that is missing': ['BUNDLE_ENTRY_MISSING', () => without('manifest.json')],
  'a model that is missing': ['BUNDLE_ENTRY_MISSING', () => without('model/model-q4_0.gguf')],
};

/** In format 2 the list has one form: what a tolerant reader would take is refused too. */
export const FORGED_LISTS: Attacks = {
  ...Object.fromEntries(
    Object.entries(CHANGES).map(([title, [code, change]]) => [
      title,
      [
        code,
        () => forged({ files: (files) => files.set('SHA256SUMS', Buffer.from(change(text(files)))) }),
      ] as const,
    ]),
  ),
  'binary marks': [
    'BUNDLE_METADATA_DISAGREES',
    () =>
      forged({ files: (files) => files.set('SHA256SUMS', Buffer.from(text(files).replaceAll('  ', ' *'))) }),
  ],
  'no newline at the end': [
    'BUNDLE_METADATA_DISAGREES',
    () => forged({ files: (files) => files.set('SHA256SUMS', Buffer.from(text(files).trimEnd())) }),
  ],
  'another order': [
    'BUNDLE_METADATA_DISAGREES',
    () =>
      forged({
        files: (files) =>
          files.set(
            'SHA256SUMS',
            Buffer.from(`${text(files).trimEnd().split('\n').toReversed().join('\n')}\n`),
          ),
      }),
  ],
};

function without(path: string): Buffer {
  const files = pythonFiles();
  files.delete(path);
  return gzipSync(rawTar(toEntries(files)));
}

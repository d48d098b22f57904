/** JSON by which two readers understand two things, or that one of them cannot bear. */
import { pythonFiles, rawBundle, sha256, toEntries } from '../unit/bundle/bundle-fixtures.ts';
import { forgedJson, forgedText, withManifest, type Attacks } from './attack.ts';

const INVALID = 'BUNDLE_METADATA_INVALID';

/** In place of the registry entry of a Python bundle (its digest right), and of edge.json of a format-2 bundle. */
const TEXTS: Readonly<Record<string, string | Uint8Array>> = {
  'a key twice': '{"version": "a", "version": "b"}',
  'a key twice, once escaped': '{"version": "a", "\\u0076ersion": "b"}',
  'a key twice, deep inside': '{"a": [{"b": {"c": 1, "c": 2}}]}',
  '__proto__ twice': '{"__proto__": 1, "__proto__": 2}',
  'a hundred levels': `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
  'a hundred thousand brackets': '['.repeat(100_000),
  'a hundred thousand brackets in a key': `{"a": ${'['.repeat(100_000)}`,
  NaN: '{"a": NaN}',
  Infinity: '{"a": -Infinity}',
  'a number that no reader holds': '{"a": 1e999}',
  'a number of a million digits': `{"a": ${'9'.repeat(1_000_000)}}`,
  'a number with a leading zero': '{"a": 012}',
  'a number in base 16': '{"a": 0x10}',
  'a number with a sign': '{"a": +1}',
  'a byte-order mark': '\ufeff{}',
  'UTF-16': Buffer.from('\ufeff{}', 'utf16le'),
  'no UTF-8': Buffer.from('{"a": "\xff"}', 'latin1'),
  'an overlong slash': Buffer.from('{"a": "\xc0\xaf"}', 'latin1'),
  'a surrogate in UTF-8': Buffer.from('{"a": "\xed\xa0\x80"}', 'latin1'),
  'a NUL': '{"a": "\0"}',
  'a NUL behind the end': '{}\0',
  'a line break in a text': '{"a": "\n"}',
  'an escape that JSON does not have': '{"a": "\\x41"}',
  'a cut escape': '{"a": "\\u12"}',
  'single quotes': "{'a': 1}",
  'a comment': '{/* */"a": 1}',
  'a trailing comma': '{"a": 1,}',
  'two documents': '{} {}',
  'an unfinished document': '{"a": {',
  'a list': '[]',
  'a text': '"{}"',
  null: 'null',
  nothing: '',
  spaces: '   ',
  'a space of Unicode': '{\u00a0}',
};

const DEEPER = 'BUNDLE_METADATA_DISAGREES';

export const METADATA_JSON: Attacks = {
  ...Object.fromEntries(
    Object.entries(TEXTS).map(([title, text]) => [
      title,
      [INVALID, () => withRegistryEntry(Buffer.from(text))] as const,
    ]),
  ),
  'a manifest with one key more': [INVALID, () => withManifest({ extra: 1 })],
  'a manifest with a key of every object': [
    INVALID,
    () => withManifestText((text) => text.replace('{', '{"__proto__": {"files": {}},')),
  ],
  'a manifest with constructor': [INVALID, () => withManifest({ constructor: 1 })],
  'a manifest with fields that only the prototype has': [
    INVALID,
    () => withManifestText(() => '{"__proto__": {"bundle_id": "x"}}'),
  ],
  'files under __proto__': [
    INVALID,
    () => withManifestText((text) => text.replace('"model/model-q4_0.gguf"', '"__proto__"')),
  ],
  'files that are a list': [INVALID, () => withManifest({ files: ['model/x'] })],
  'no file': [INVALID, () => withManifest({ files: {} })],
  'a digest that is a number': [INVALID, () => withManifest({ files: { 'model/x': 1 } })],
  'a digest in capitals': [INVALID, () => withManifest({ files: { 'model/x': 'A'.repeat(64) } })],
  'a path outside model/': [INVALID, () => withManifest({ files: { 'x/y': 'a'.repeat(64) } })],
  'a path with half a letter': [
    'BUNDLE_NAME_UNSAFE',
    () => withManifest({ files: { 'model/\ud800': 'a'.repeat(64) } }),
  ],
  'a version that climbs out': [INVALID, () => withManifest({ model_version: '../../x' })],
  'a version that is an option': [INVALID, () => withManifest({ model_version: '--help' })],
  'a version with half a letter': [INVALID, () => withManifest({ model_version: 'v\ud800' })],
  'a version of 101 letters': [INVALID, () => withManifest({ model_version: 'v'.repeat(101) })],
  'a size below zero': [INVALID, () => withManifest({ total_size_bytes: -1 })],
  'a size of minus zero and a half': [INVALID, () => withManifest({ total_size_bytes: -0.5 })],
  'a size past 2^53': [
    INVALID,
    () =>
      withManifestText((text) =>
        text.replace('"total_size_bytes": 3000', '"total_size_bytes": 9007199254740993'),
      ),
  ],
  'a size as a text': [INVALID, () => withManifest({ total_size_bytes: '3000' })],
  'another size': [DEEPER, () => withManifest({ total_size_bytes: 1 })],
  'an artifact of another type': [INVALID, () => withManifest({ artifact_type: 'pickle' })],
};

export const FORGED_JSON: Attacks = {
  ...Object.fromEntries(
    Object.entries(TEXTS).map(([title, text]) => [
      title,
      [INVALID, () => forgedText('edge.json', text)] as const,
    ]),
  ),
  'fields that only the prototype has': [
    INVALID,
    () => forgedText('edge.json', '{"__proto__": {"format_version": 2}}'),
  ],
  'a format past 2^53': [INVALID, () => forgedText('edge.json', '{"format_version": 9007199254740993}')],
  'a format that is two by rounding': [
    'BUNDLE_METADATA_INVALID',
    () => forgedText('edge.json', '{"format_version": 2.0000000000000001}'),
  ],
  'a format to come': ['BUNDLE_FORMAT_UNSUPPORTED', () => forgedText('edge.json', '{"format_version": 3}')],
  'a path with half a letter': [
    'BUNDLE_NAME_UNSAFE',
    () =>
      forgedJson('edge.json', (value) => {
        value['artifact'] = {
          ...(value['artifact'] as object),
          files: [{ path: 'model/\udc00', size_bytes: 1 }],
        };
      }),
  ],
  'a number written another way in the manifest': [
    DEEPER,
    () =>
      forgedJson(
        'manifest.json',
        (value) => (value['registry_entry'] = { ...(value['registry_entry'] as object), x: 1 }),
      ),
  ],
};

function withRegistryEntry(bytes: Uint8Array): Buffer {
  return withFile('registry_entry.json', bytes);
}

function withManifestText(change: (text: string) => string): Buffer {
  return withFile(
    'manifest.json',
    Buffer.from(change(Buffer.from(pythonFiles().get('manifest.json') ?? '').toString())),
  );
}

/** The digest list follows. */
function withFile(name: string, bytes: Uint8Array): Buffer {
  const files = pythonFiles();
  const before = sha256(files.get(name) ?? '');
  files.set(name, bytes);
  const list = Buffer.from(files.get('SHA256SUMS') ?? '').toString();
  files.set('SHA256SUMS', Buffer.from(list.replace(before, sha256(bytes))));
  return rawBundle(toEntries(files));
}

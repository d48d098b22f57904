import { beforeAll, describe, expect, it } from 'vitest';
import { BundleFailure, inspectBundle, verifyBundle } from '../../src/bundle/index.ts';
import { memorySource, type JsonObject, type JsonValue } from '../../src/core/index.ts';
import { bundleBytes, json, noise } from '../unit/bundle/bundle-fixtures.ts';
import { forgeBundle, type Forgery } from '../unit/bundle/forge-bundle.ts';

type Value = Record<string, JsonValue>;

const OTHER = 'b'.repeat(64);
const edge = (change: (edge: Value) => void): Forgery => ({ edit: { 'edge.json': change } });
const manifest = (change: (manifest: Value) => void): Forgery => ({ edit: { 'manifest.json': change } });
const artifact = (fields: JsonObject): Forgery =>
  edge((value) => (value['artifact'] = { ...(value['artifact'] as JsonObject), ...fields }));
const evidence = (fields: JsonObject): Forgery =>
  edge((value) => (value['evidence'] = { ...(value['evidence'] as JsonObject), ...fields }));
const at = (offset: number, bytes: readonly number[]): Forgery => ({
  payload: (payload) =>
    Buffer.concat([payload.subarray(0, offset), Buffer.from(bytes), payload.subarray(offset + bytes.length)]),
});

/** What every digest and CRC allows, and the format does not. */
const FORGERIES: Readonly<Record<string, readonly [code: string, forgery: Forgery]>> = {
  'another weight': ['BUNDLE_DIGEST_MISMATCH', at(600, [1, 2, 3])],
  'another mode': ['BUNDLE_NOT_CANONICAL', at(100, [0x30, 0x30, 0x30, 0x34])],
  'a symbolic link in place of the model': ['BUNDLE_NOT_CANONICAL', at(156, [0x32])],
  'an owner': ['BUNDLE_NOT_CANONICAL', at(265, [0x72])],
  'something in the padding': [
    'BUNDLE_NOT_CANONICAL',
    { payload: (payload) => patch(payload, payload.length - 1025, 1) },
  ],
  'something in the end blocks': [
    'BUNDLE_NOT_CANONICAL',
    { payload: (payload) => patch(payload, payload.length - 1, 1) },
  ],
  'an entry more': ['BUNDLE_TRAILING_DATA', { payload: (payload) => Buffer.concat([payload, payload]) }],
  'an entry less': ['BUNDLE_TRUNCATED', { payload: (payload) => payload.subarray(0, 512) }],
  'something in the fill': [
    'BUNDLE_NOT_CANONICAL',
    { region: (region) => patch(region, region.length - 100, 1) },
  ],
  'a time in the gzip header': ['BUNDLE_DOWNGRADE', { region: (region) => patch(region, 4, 1) }],
  'a larger region': ['BUNDLE_TRAILING_DATA', { region: (region) => Buffer.concat([region, region]) }],
  'another format': ['BUNDLE_FORMAT_UNSUPPORTED', edge((value) => (value['format_version'] = 3))],
  'no format': ['BUNDLE_METADATA_INVALID', edge((value) => delete value['format_version'])],
  'a release, which is reserved': ['BUNDLE_METADATA_INVALID', edge((value) => (value['release'] = {}))],
  'a rule that is no text': ['BUNDLE_METADATA_INVALID', edge((value) => (value['waived_rules'] = [1]))],
  'an unknown kind of evidence': ['BUNDLE_METADATA_INVALID', evidence({ kind: 'sure' })],
  'measured, without a measurement': ['BUNDLE_METADATA_INVALID', evidence({ kind: 'measured' })],
  'measured, with other digests': [
    'BUNDLE_METADATA_INVALID',
    evidence({ kind: 'measured', run_id: 'r', measured_sha256: OTHER }),
  ],
  'evidence of another artifact': ['BUNDLE_METADATA_DISAGREES', evidence({ artifact_sha256: OTHER })],
  'another digest of the artifact': ['BUNDLE_METADATA_DISAGREES', artifact({ sha256: OTHER })],
  'another type': ['BUNDLE_METADATA_DISAGREES', artifact({ type: 'hf-distilled' })],
  'other files': ['BUNDLE_METADATA_DISAGREES', artifact({ files: [{ path: 'model/x', size_bytes: 1 }] })],
  'a negative size': ['BUNDLE_METADATA_INVALID', artifact({ size_bytes: -1 })],
  'a file larger than any disk': [
    'BUNDLE_METADATA_INVALID',
    artifact({ files: [{ path: 'model/x', size_bytes: 2 ** 50 }] }),
  ],
  'a file that climbs out': [
    'BUNDLE_NAME_UNSAFE',
    artifact({ files: [{ path: 'model/../x', size_bytes: 1 }] }),
  ],
  'a file beside the model': ['BUNDLE_METADATA_INVALID', artifact({ files: [{ path: 'x', size_bytes: 1 }] })],
  'a size that does not add up': ['BUNDLE_METADATA_DISAGREES', artifact({ size_bytes: 1 })],
  'a key more in the manifest': ['BUNDLE_METADATA_INVALID', manifest((value) => (value['note'] = ''))],
  'a key less in the manifest': ['BUNDLE_METADATA_INVALID', manifest((value) => delete value['files'])],
  'another total in the manifest': [
    'BUNDLE_METADATA_DISAGREES',
    manifest((value) => (value['total_size_bytes'] = 1)),
  ],
  'another bundle id': [
    'BUNDLE_METADATA_DISAGREES',
    manifest((value) => (value['bundle_id'] = 'bundle_v1.0_20260111_202802')),
  ],
  'another spelling of the time': [
    'BUNDLE_METADATA_INVALID',
    manifest((value) => (value['created_at'] = '2026-01-11T20:28:01.120Z')),
  ],
  'a time that no header can say': [
    'BUNDLE_METADATA_INVALID',
    manifest((value) => (value['created_at'] = '1969-01-11T20:28:01.120+00:00')),
  ],
  'another registry entry in the manifest': [
    'BUNDLE_METADATA_DISAGREES',
    manifest((value) => (value['registry_entry'] = {})),
  ],
  'another summary in the manifest': [
    'BUNDLE_METADATA_DISAGREES',
    manifest((value) => (value['benchmark_summary'] = {})),
  ],
  'another top folder': [
    'BUNDLE_METADATA_DISAGREES',
    { layout: { topFolder: 'bundle_v1.1_20260111_202801' } },
  ],
  'a top folder that climbs out': ['BUNDLE_METADATA_DISAGREES', { layout: { topFolder: '..' } }],
  'another time in the headers': ['BUNDLE_NOT_CANONICAL', { layout: { mtimeSeconds: 1 } }],
  'a tampered summary': [
    'BUNDLE_METADATA_DISAGREES',
    { files: (files) => files.set('benchmark_summary.json', json({})) },
  ],
  'a summary that is a list': [
    'BUNDLE_METADATA_INVALID',
    { files: (files) => files.set('benchmark_summary.json', Buffer.from('[]')) },
  ],
  'spaces more in edge.json': [
    'BUNDLE_DIGEST_MISMATCH',
    {
      files: (files) =>
        files.set('edge.json', Buffer.concat([files.get('edge.json') ?? Buffer.alloc(0), Buffer.from(' ')])),
    },
  ],
  'an unsorted digest list': [
    'BUNDLE_METADATA_DISAGREES',
    {
      files: (files) =>
        files.set('SHA256SUMS', Buffer.from(`${text(files).trim().split('\n').toReversed().join('\n')}\n`)),
    },
  ],
  'a digest list with a line more': [
    'BUNDLE_METADATA_DISAGREES',
    { files: (files) => files.set('SHA256SUMS', Buffer.from(`${text(files)}${OTHER}  zzz\n`)) },
  ],
  'a digest list with a line less': [
    'BUNDLE_METADATA_DISAGREES',
    { files: (files) => files.set('SHA256SUMS', Buffer.from(text(files).replace(/.*edge\.json\n/, ''))) },
  ],
  'metadata beyond the limit': [
    'BUNDLE_LIMIT',
    { files: (files) => files.set('edge.json', Buffer.alloc(17 * 2 ** 20, 32)) },
  ],
  'deeply nested metadata': [
    'BUNDLE_METADATA_INVALID',
    { files: (files) => files.set('edge.json', Buffer.from('['.repeat(100_000))) },
  ],
};

let bundle: Buffer;
beforeAll(async () => {
  bundle = await bundleBytes();
});

describe('a forged format-2 bundle', () => {
  it.each(Object.entries(FORGERIES))('is refused: %s', async (_, [code, forgery]) => {
    const error = await verifyBundle(memorySource(await forgeBundle(bundle, forgery))).catch(
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(BundleFailure);
    expect(error).toMatchObject({ code, exitCode: 3 });
  });

  it('is let through where nothing is forged', async () => {
    expect((await forgeBundle(bundle, {})).equals(bundle)).toBe(true);
  });

  it('keeps what a later version adds to edge.json', async () => {
    const { edge: read } = await inspectBundle(
      memorySource(
        await forgeBundle(
          bundle,
          edge((value) => (value['chat_template_sha256'] = OTHER)),
        ),
      ),
    );
    expect(read).toMatchObject({ chat_template_sha256: OTHER });
  });
});

describe('a signature', () => {
  const sign = (sizeBytes: number): Forgery => ({
    files: (files) => files.set('model.sig', noise(sizeBytes)),
  });

  it('fits the room that was kept for it, moves nothing, and is not counted as checked', async () => {
    for (const size of [1, 1000, 16_000]) {
      const signed = await forgeBundle(bundle, sign(size));
      expect(signed.length).toBe(bundle.length);
      expect(signed.subarray(65_536).equals(bundle.subarray(65_536))).toBe(true);
      const { metadata } = await verifyBundle(memorySource(signed));
      expect(metadata.signed).toBe('signed, not checked');
    }
  });

  it('takes more room where it is larger than any', async () => {
    const signed = await forgeBundle(bundle, sign(200_000));
    expect((await inspectBundle(memorySource(signed))).signed).toBe('signed, not checked');
    expect(signed.length).toBeGreaterThan(bundle.length);
  });

  it('is covered by the CRC even so', async () => {
    const signed = await forgeBundle(bundle, sign(1000));
    const place = signed.indexOf(noise(1000));
    signed[place] = (signed[place] ?? 0) ^ 1;
    await expect(inspectBundle(memorySource(signed))).rejects.toMatchObject({ code: 'BUNDLE_CORRUPT' });
  });
});

function patch(bytes: Buffer, offset: number, value: number): Buffer {
  bytes[offset] = (bytes[offset] ?? 0) ^ value;
  return bytes;
}

function text(files: ReadonlyMap<string, Uint8Array>): string {
  return Buffer.from(files.get('SHA256SUMS') ?? '').toString();
}

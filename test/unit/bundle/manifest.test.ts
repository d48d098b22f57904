import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BundleFailure } from '../../../src/bundle/error.ts';
import {
  archiveSecond,
  MANIFEST_KEYS,
  parseManifest,
  toBundleId,
  unregisteredEntry,
} from '../../../src/bundle/manifest.ts';
import type { JsonObject, JsonValue } from '../../../src/core/index.ts';
import { ENTRY_KEYS } from '../../fakes/closed-keys.ts';

const good: JsonObject = {
  bundle_id: 'bundle_v1_20260111_202801',
  created_at: '2026-01-11T20:28:01.120+00:00',
  model_version: 'v1',
  model_path: 'model.gguf',
  artifact_type: 'gguf',
  registry_entry: { version: 'v1' },
  benchmark_summary: { run_id: null },
  files: { 'model/model.gguf': 'a'.repeat(64) },
  total_size_bytes: 5,
};

describe('parseManifest', () => {
  it('reads the nine fields', () => {
    expect(parseManifest(good)).toEqual(good);
    expect(Object.keys(good)).toEqual([...MANIFEST_KEYS]);
  });

  it.each([
    ...MANIFEST_KEYS.map((key): [string, JsonValue] => [
      `without ${key}`,
      Object.fromEntries(Object.entries(good).filter(([name]) => name !== key)),
    ]),
    ...MANIFEST_KEYS.map((key): [string, JsonValue] => [`with a wrong ${key}`, { ...good, [key]: -1 }]),
    ['with a key that no loader knows', { ...good, signature: '' }],
    ['with an inherited name as a key', { ...good, constructor: 1 }],
    ['without files', { ...good, files: {} }],
    ['with a file outside model/', { ...good, files: { 'edge.json': 'a'.repeat(64) } }],
    ['with a digest in capitals', { ...good, files: { 'model/a': 'A'.repeat(64) } }],
    ['with a size that is no whole number', { ...good, total_size_bytes: 1.5 }],
    ['that is a list', []],
    ['that is null', null],
  ])('refuses one %s', (_, value) => {
    expect(() => parseManifest(value)).toThrow(
      expect.objectContaining({ code: 'BUNDLE_METADATA_INVALID', exitCode: 3 }),
    );
  });

  it('parses any value or throws a failure', () => {
    fc.assert(
      fc.property(fc.constantFrom(...MANIFEST_KEYS), fc.jsonValue(), (key, value) => {
        try {
          parseManifest({ ...good, [key]: value as JsonValue });
        } catch (error) {
          expect(error).toBeInstanceOf(BundleFailure);
        }
      }),
    );
  });
});

describe('archiveSecond', () => {
  it('reads our spelling of a time only', () => {
    expect(archiveSecond({ created_at: '2026-01-11T20:28:01.999+00:00' })).toBe(1_768_163_281);
    for (const created_at of [
      '2026-01-11T20:28:01Z',
      '2026-01-11T20:28:01.120934+00:00',
      '1969-12-31T23:59:59.999+00:00',
      '2242-12-01T00:00:00.000+00:00',
      '2026-13-01T00:00:00.000+00:00',
      '',
    ]) {
      expect(() => archiveSecond({ created_at })).toThrow(
        expect.objectContaining({ code: 'BUNDLE_METADATA_INVALID' }),
      );
    }
  });
});

describe('toBundleId', () => {
  it('is made of version and time', () => {
    expect(toBundleId('v1', new Date('2026-01-11T20:28:01.120Z'))).toBe('bundle_v1_20260111_202801');
  });
});

describe('unregisteredEntry', () => {
  it('has the known keys and nothing known', () => {
    const entry = unregisteredEntry('v1');
    expect(Object.keys(entry)).toEqual([...ENTRY_KEYS]);
    expect(entry).toMatchObject({ version: 'v1', base_model: null, active: false, metrics: {} });
  });
});

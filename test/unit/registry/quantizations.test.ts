import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatJson, parseJsonTree, toJsonTree, type JsonObject } from '../../../src/core/index.ts';
import { ENTRY_FIELDS, parseRegistry, type RegistryRow } from '../../../src/registry/parse-registry.ts';
import {
  addQuantizations,
  placeQuantizations,
  type PlacedGguf,
} from '../../../src/registry/quantizations.ts';
import type { RegistryEntry } from '../../../src/registry/types.ts';
import { toEntry } from '../../fakes/registry-entry.ts';

const NOW = '2026-02-01T00:00:00.000+00:00';

function toRows(...entries: readonly RegistryEntry[]): readonly RegistryRow[] {
  return parseRegistry(toJsonTree(entries), 'registry.json');
}

function toGguf(version: string, quantization: string): PlacedGguf {
  return {
    version,
    quantization,
    gguf: {
      path: `/made/${version}.gguf`,
      sizeBytes: 4445.3 * 2 ** 20,
      originalSizeBytes: 15333 * 2 ** 20,
      quantizationBits: 4,
      validationPassed: true,
    },
    milton: { quantized: { type: quantization } },
  };
}

const BARE = toEntry('v1', { quantization: null });
const WITH_GGUF = toEntry('v1', { metrics: { compression: { gguf_path: '/old.gguf' } } });

describe('placeQuantizations', () => {
  it('gives the first one to the entry, and each further one an entry of its own', () => {
    expect(placeQuantizations([BARE], BARE, ['Q4_0', 'Q4_K_M'])).toEqual([
      { version: 'v1', quantization: 'Q4_0' },
      { version: 'v1-q4_k_m', quantization: 'Q4_K_M' },
    ]);
  });

  it('leaves an entry the GGUF that it has', () => {
    expect(placeQuantizations([WITH_GGUF], WITH_GGUF, ['Q8_0', 'Q6_K'])).toEqual([
      { version: 'v1-q8_0', quantization: 'Q8_0' },
      { version: 'v1-q6_k', quantization: 'Q6_K' },
    ]);
  });

  it.each([
    ['the entry has a GGUF of that type', [WITH_GGUF], WITH_GGUF, ['Q8_0', 'Q4_0'], '/old.gguf'],
    ['the name is taken', [BARE, toEntry('v1-q8_0')], BARE, ['Q4_0', 'Q8_0'], 'v1-q8_0'],
  ])('refuses where %s', (_why, entries, source, types, named) => {
    expect(() => placeQuantizations(entries, source, types)).toThrowError(
      expect.objectContaining({
        code: 'REGISTRY_QUANTIZATION_TAKEN',
        exitCode: 3,
        aftermath: 'unchanged',
        message: expect.stringContaining(named) as string,
      }),
    );
  });

  it('refuses a name that would be longer than versions are', () => {
    const long = toEntry('v'.repeat(98));
    expect(() => placeQuantizations([long], long, ['Q4_0', 'Q8_0'])).toThrowError(
      expect.objectContaining({ code: 'CORE_VERSION_INVALID' }),
    );
  });
});

describe('addQuantizations', () => {
  it('fills every field of metrics.compression, as the Python side writes them', () => {
    const { rows, result } = addQuantizations(
      toRows(BARE),
      { source: BARE, made: [toGguf('v1', 'Q4_0')] },
      NOW,
    );
    expect(result).toEqual([
      {
        ...BARE,
        quantization: 'Q4_0',
        metrics: {
          compression: {
            original_size_mb: 15333,
            compressed_size_mb: 4445.3,
            compression_ratio: 3.45,
            quantization_bits: 4,
            validation_passed: true,
            gguf_path: '/made/v1.gguf',
          },
          milton: { quantized: { type: 'Q4_0' } },
        },
      },
    ]);
    expect(parseRegistry(rows.map(({ tree }) => tree) as never, 'x')).toEqual(rows);
  });

  it('keeps every key, digit and place that it does not fill', () => {
    const text = `[
  {
    "commit_hash": null,
    "version": "v1",
    "base_model": "b",
    "distilled_from": null,
    "quantization": null,
    "model_path": "/m",
    "timestamp": "2026-01-11T19:25:18.816380+00:00",
    "metrics": {
      "milton": {
        "note": 1.50
      },
      "evaluation": {
        "loss": 1e-7
      },
      "compression": {
        "by": "other",
        "gguf_path": null
      }
    },
    "active": true,
    "last_good": false
  }
]
`;
    const rows = parseRegistry(parseJsonTree(text), 'registry.json');
    const source = rows[0]?.entry ?? BARE;
    const made = addQuantizations(rows, { source, made: [toGguf('v1', 'Q4_0')] }, NOW);
    const expected = text
      .replace('"quantization": null', '"quantization": "Q4_0"')
      .replace('"note": 1.50', '"note": 1.50,\n        "quantized": {\n          "type": "Q4_0"\n        }')
      .replace(
        '"gguf_path": null',
        [
          '"gguf_path": "/made/v1.gguf"',
          '"original_size_mb": 15333',
          '"compressed_size_mb": 4445.3',
          '"compression_ratio": 3.45',
          '"quantization_bits": 4',
          '"validation_passed": true',
        ].join(',\n        '),
      );
    expect(formatJson(made.rows.map(({ tree }) => tree))).toBe(expected);
  });

  it('adds further entries at the end, with the directory and what was measured of it, and nothing else', () => {
    const metrics: JsonObject = { distillation: { model_size_mb: 1 }, evaluation: { loss: 2 } };
    const source = toEntry('v1', { quantization: null, metrics, active: true, commit_hash: 'abc' });
    const made = [toGguf('v1', 'Q4_0'), toGguf('v1-q8_0', 'Q8_0')];
    const { rows } = addQuantizations(toRows(source, toEntry('v2')), { source, made }, NOW);
    expect(rows.map(({ entry }) => entry.version)).toEqual(['v1', 'v2', 'v1-q8_0']);
    expect(rows[2]?.entry).toMatchObject({
      model_path: source.model_path,
      quantization: 'Q8_0',
      timestamp: NOW,
      active: false,
      last_good: false,
      commit_hash: 'abc',
    });
    expect(Object.keys(rows[2]?.entry.metrics ?? {})).toEqual(['distillation', 'compression', 'milton']);
    expect([...(rows[2]?.tree.keys() ?? [])]).toEqual(ENTRY_FIELDS);
    expect(rows[0]?.entry.metrics['evaluation']).toEqual({ loss: 2 });
  });

  it.each([
    ['was removed', [toEntry('v2')]],
    ['names another directory', [{ ...BARE, model_path: '/other' }]],
    ['was registered anew', [{ ...BARE, timestamp: NOW }]],
    ['got a GGUF from somebody else', [{ ...BARE, metrics: WITH_GGUF.metrics }]],
  ])('refuses an entry that meanwhile %s', (_what, entries) => {
    const edit = (): unknown =>
      addQuantizations(toRows(...entries), { source: BARE, made: [toGguf('v1', 'Q4_0')] }, NOW);
    expect(edit).toThrowError(expect.objectContaining({ code: 'REGISTRY_ENTRY_CHANGED', exitCode: 1 }));
  });

  it('takes no offence at flags and metrics that changed meanwhile, and keeps them', () => {
    const now = { ...BARE, active: true, metrics: { evaluation: { loss: 1 } } };
    const { result } = addQuantizations(toRows(now), { source: BARE, made: [toGguf('v1', 'Q4_0')] }, NOW);
    expect(result[0]).toMatchObject({ active: true, metrics: { evaluation: { loss: 1 } } });
  });

  it('refuses a further entry that is there by now', () => {
    const rows = toRows(BARE, toEntry('v1-q8_0'));
    const made = [toGguf('v1', 'Q4_0'), toGguf('v1-q8_0', 'Q8_0')];
    expect(() => addQuantizations(rows, { source: BARE, made }, NOW)).toThrowError(
      expect.objectContaining({ code: 'REGISTRY_QUANTIZATION_TAKEN' }),
    );
  });

  it('leaves every other row the very row that it was', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 2, max: 99 }), { maxLength: 5 }), (numbers) => {
        const rows = toRows(BARE, ...numbers.map((number) => toEntry(`v${number}`)));
        const made = [toGguf('v1', 'Q4_0')];
        const edit = addQuantizations(rows, { source: BARE, made }, NOW);
        expect(edit.rows.slice(1).every((row, index) => row === rows[index + 1])).toBe(true);
      }),
    );
  });
});

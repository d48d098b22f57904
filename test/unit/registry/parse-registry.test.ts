import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, parseJsonTree, toJsonTree, type JsonValue } from '../../../src/core/index.ts';
import { ENTRY_FIELDS, parseRegistry } from '../../../src/registry/parse-registry.ts';
import { toEntry } from '../../fakes/registry-entry.ts';

const EXAMPLE = readFileSync(new URL('../../fixtures/seed/registry-example.json', import.meta.url), 'utf8');

describe('parseRegistry', () => {
  it('reads the example, whose keys stand in the order that we write', () => {
    const rows = parseRegistry(parseJsonTree(EXAMPLE), 'registry.json');
    expect(rows.map(({ entry }) => entry)).toEqual(JSON.parse(EXAMPLE));
    expect([...(rows[0]?.tree.keys() ?? [])]).toEqual(ENTRY_FIELDS);
  });

  it('reads an empty list, and a version that breaks the rule', () => {
    expect(parseRegistry([], 'registry.json')).toEqual([]);
    const rows = parseRegistry(toJsonTree([toEntry('a b/../🦙')]), 'registry.json');
    expect(rows[0]?.entry.version).toBe('a b/../🦙');
  });

  const { model_path, ...withoutPath } = toEntry('v1');
  it.each<[string, JsonValue, string, string]>([
    ['an object at the top', {}, 'the top level', 'an object'],
    ['an entry that is a text', ['v1'], 'entry 0', '"v1"'],
    ['an unknown key', [{ ...toEntry('v1'), note: 'x' }], 'entry 0 (v1)', 'the unknown key "note"'],
    ['a missing field', [toEntry('v0'), withoutPath], 'entry 1 (v1), "model_path"', 'nothing'],
    [
      'a null where text is needed',
      [{ ...toEntry('v1'), base_model: null }],
      'entry 0 (v1), "base_model"',
      'null',
    ],
    ['a flag that is a number', [{ ...toEntry('v1'), active: 1 }], 'entry 0 (v1), "active"', '1'],
    ['metrics that are a list', [{ ...toEntry('v1'), metrics: [] }], 'entry 0 (v1), "metrics"', 'a list'],
    ['a time that is none', [{ ...toEntry('v1'), timestamp: 'now' }], 'entry 0 (v1), "timestamp"', '"now"'],
    ['an empty version', [toEntry('')], 'entry 0 (), "version"', '""'],
    ['a version twice', [toEntry('v1'), toEntry('v2'), toEntry('v1')], 'entries 0 and 2', 'v1 twice'],
  ])('refuses %s and names the place and both sides', (_, value, where, received) => {
    expect(model_path).toBeDefined();
    expect(() => parseRegistry(toJsonTree(value), 'registry.json')).toThrow(
      expect.objectContaining({
        code: 'REGISTRY_INVALID',
        exitCode: 1,
        aftermath: 'unchanged',
        details: expect.objectContaining({ file: 'registry.json', where, received }),
      }),
    );
  });

  it('escapes what it quotes', () => {
    const value = [{ ...toEntry('v\u001b[2J'), 'k\u202ey': 1 }];
    expect(() => parseRegistry(toJsonTree(value), 'r')).toThrow(/entry 0 \(v\\x1b\[2J\).*k\\u\{202e\}y/);
  });

  it('reads or refuses any JSON value', () => {
    const entry = fc.record(
      { ...Object.fromEntries(ENTRY_FIELDS.map((field) => [field, fc.jsonValue()])), version: fc.string() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(entry)), (value) => {
        try {
          parseRegistry(toJsonTree(value as JsonValue), 'registry.json');
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toJsonTree } from '../../../src/core/index.ts';
import {
  activateVersion,
  compareNewestFirst,
  registerEntry,
  removeVersion,
  requireRow,
  rollBack,
  type Edit,
} from '../../../src/registry/edits.ts';
import { ENTRY_FIELDS, parseRegistry, type RegistryRow } from '../../../src/registry/parse-registry.ts';
import type { RegistryEntry } from '../../../src/registry/types.ts';
import { toEntry } from '../../fakes/registry-entry.ts';

const NOW = '2026-02-01T00:00:00.000+00:00';

function toRows(...entries: readonly RegistryEntry[]): readonly RegistryRow[] {
  return parseRegistry(toJsonTree(entries), 'registry.json');
}

/** `v1*` is active, `v2+` is last good. */
function marksOf({ rows }: Pick<Edit<unknown>, 'rows'>): readonly string[] {
  return rows.map(({ entry }) => entry.version + (entry.active ? '*' : '') + (entry.last_good ? '+' : ''));
}

describe('registerEntry', () => {
  it('adds at the end, stamped, neither active nor last good, with its keys in order', () => {
    const { rows, result } = registerEntry(toRows(toEntry('v1', { active: true })), toEntry('v2'), NOW);
    expect(marksOf({ rows })).toEqual(['v1*', 'v2']);
    expect(result).toEqual({ entry: toEntry('v2', { timestamp: NOW }), replaced: null });
    expect([...(rows[1]?.tree.keys() ?? [])]).toEqual(ENTRY_FIELDS);
  });

  it('replaces the same version where it stands; active stays active, last good is forgotten', () => {
    const old = toEntry('v1', { active: true, last_good: true, quantization: 'Q8_0' });
    const { rows, result } = registerEntry(toRows(old, toEntry('v2')), toEntry('v1'), NOW);
    expect(marksOf({ rows })).toEqual(['v1*', 'v2']);
    expect(result.replaced).toEqual(old);
    expect(rows[0]?.entry.quantization).toBe('Q4_0');
  });
});

describe('activateVersion', () => {
  it('makes it the only active one and marks the one before as last good', () => {
    const edit = activateVersion(toRows(toEntry('v1', { active: true }), toEntry('v2'), toEntry('v3')), 'v2');
    expect(marksOf(edit)).toEqual(['v1+', 'v2*', 'v3']);
    expect(edit.result.activated.version).toBe('v2');
    expect(edit.result.deactivated.map(({ version }) => version)).toEqual(['v1']);
  });

  it('changes nothing when it is active already', () => {
    const rows = toRows(toEntry('v1', { active: true }), toEntry('v2', { last_good: true }));
    const edit = activateVersion(rows, 'v1');
    expect(edit.rows).toEqual(rows);
    expect(edit.rows.every((row, index) => row === rows[index])).toBe(true);
    expect(edit.result.deactivated).toEqual([]);
  });

  it('repairs a registry in which two are active', () => {
    const rows = toRows(toEntry('v1', { active: true }), toEntry('v2', { active: true }));
    expect(marksOf(activateVersion(rows, 'v2'))).toEqual(['v1+', 'v2*']);
  });
});

describe('rollBack', () => {
  it('takes the newest last good by time and clears the mark on both', () => {
    const edit = rollBack(
      toRows(
        toEntry('v1', { last_good: true, timestamp: '2026-01-01T00:00:00+00:00' }),
        toEntry('v2', { last_good: true, timestamp: '2026-01-02T00:00:00+00:00' }),
        toEntry('v3', { active: true, last_good: true, timestamp: '2026-01-03T00:00:00+00:00' }),
      ),
    );
    expect(marksOf(edit)).toEqual(['v1+', 'v2*', 'v3']);
    expect(edit.result.activated.version).toBe('v2');
  });

  it('goes further back each time, never forth again, until none is left', () => {
    let rows = toRows(
      toEntry('v1', { timestamp: '2026-01-01T00:00:00+00:00' }),
      toEntry('v2', { timestamp: '2026-01-02T00:00:00+00:00' }),
      toEntry('v3', { timestamp: '2026-01-03T00:00:00+00:00' }),
    );
    for (const version of ['v1', 'v2', 'v3']) rows = activateVersion(rows, version).rows;
    expect(marksOf({ rows })).toEqual(['v1+', 'v2+', 'v3*']);
    rows = rollBack(rows).rows;
    expect(marksOf({ rows })).toEqual(['v1+', 'v2*', 'v3']);
    rows = rollBack(rows).rows;
    expect(marksOf({ rows })).toEqual(['v1*', 'v2', 'v3']);
    expect(() => rollBack(rows)).toThrow(
      expect.objectContaining({
        code: 'REGISTRY_NO_LAST_GOOD',
        exitCode: 3,
        details: expect.objectContaining({ active: ['v1'] }),
      }),
    );
  });

  it('works where nothing is active', () => {
    const edit = rollBack(toRows(toEntry('v1', { last_good: true })));
    expect(marksOf(edit)).toEqual(['v1*']);
    expect(edit.result.deactivated).toEqual([]);
  });
});

describe('removeVersion', () => {
  it('refuses the active one unless forced', () => {
    const rows = toRows(toEntry('v1', { active: true }), toEntry('v2'));
    expect(marksOf(removeVersion(rows, 'v2'))).toEqual(['v1*']);
    expect(() => removeVersion(rows, 'v1')).toThrow(
      expect.objectContaining({ code: 'REGISTRY_VERSION_ACTIVE', exitCode: 3 }),
    );
    expect(marksOf(removeVersion(rows, 'v1', { force: true }))).toEqual(['v2']);
  });
});

describe('requireRow', () => {
  it('names the closest versions when there is none of that name', () => {
    const rows = toRows(toEntry('v1.20260111.1425'), toEntry('v1.20260110.0900'), toEntry('nightly'));
    expect(() => requireRow(rows, 'v1.20260111.1452')).toThrow(
      expect.objectContaining({
        code: 'REGISTRY_VERSION_UNKNOWN',
        exitCode: 1,
        details: {
          version: 'v1.20260111.1452',
          closest: ['v1.20260111.1425', 'v1.20260110.0900', 'nightly'],
        },
      }),
    );
  });

  it('says how to begin when nothing is registered', () => {
    expect(() => requireRow([], 'v1')).toThrow(
      expect.objectContaining({ hint: 'Register one first: milton models register VERSION --gguf FILE' }),
    );
  });
});

describe('compareNewestFirst', () => {
  it('orders by instant, whatever the zone, to the microsecond, then by version', () => {
    const entries = [
      toEntry('v1.9', { timestamp: '2026-01-01T00:00:00.000001+00:00' }),
      toEntry('v1.10', { timestamp: '2026-01-01T00:00:00.000001+00:00' }),
      toEntry('newest', { timestamp: '2026-01-01T00:00:00.000002+00:00' }),
      toEntry('oldest', { timestamp: '2026-01-01T01:00:00+02:00' }),
    ];
    expect(entries.toSorted(compareNewestFirst).map(({ version }) => version)).toEqual([
      'newest',
      'v1.10',
      'v1.9',
      'oldest',
    ]);
  });
});

describe('any sequence of edits', () => {
  it('keeps at most one active version and touches nothing but the two marks', () => {
    const versions = ['v1', 'v2', 'v3', 'v4'];
    const step = fc.record({
      verb: fc.constantFrom('register', 'activate', 'rollback'),
      version: fc.constantFrom(...versions),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let rows: readonly RegistryRow[] = [];
        for (const { verb, version } of steps) {
          const before = rows;
          try {
            if (verb === 'register') rows = registerEntry(rows, toEntry(version), NOW).rows;
            else rows = verb === 'activate' ? activateVersion(rows, version).rows : rollBack(rows).rows;
          } catch {
            expect(rows).toBe(before);
          }
          expect(rows.filter(({ entry }) => entry.active).length).toBeLessThanOrEqual(1);
          for (const { entry, tree } of rows) {
            expect(parseRegistry([tree], 'registry.json')[0]?.entry).toEqual(entry);
            expect({ ...entry, active: false, last_good: false }).toEqual(
              toEntry(entry.version, { timestamp: NOW }),
            );
          }
        }
      }),
    );
  });
});

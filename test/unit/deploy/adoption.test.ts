import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameThing, parseAdoption, toAdoptionJson, type Adoption } from '../../../src/deploy/adoption.ts';
import type { JsonValue } from '../../../src/core/index.ts';

const thing = fc.oneof(
  fc.record({
    kind: fc.constant('folder' as const),
    device: fc.string(),
    inode: fc.string(),
    bornNs: fc.string(),
  }),
  fc.record({ kind: fc.constant('link' as const), linkText: fc.string() }),
);
const inventory = fc.record({
  count: fc.nat(),
  sizeBytes: fc.nat(),
  sha256: fc.string(),
  entries: fc.option(fc.array(fc.tuple(fc.string(), fc.string()))),
});
const adoption: fc.Arbitrary<Adoption> = fc.record({
  releaseId: fc.constant('adopt_20260111_202801_120'),
  thing,
  inventory: fc.option(inventory),
});

describe('toAdoptionJson, parseAdoption', () => {
  it('give back what was written, through the text of a journal line', () => {
    fc.assert(
      fc.property(adoption, (given) => {
        const text = JSON.stringify(toAdoptionJson(given));
        expect(parseAdoption(JSON.parse(text) as JsonValue)).toEqual(given);
      }),
    );
  });

  it('make nothing of anything else, and never throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseAdoption(value as JsonValue)).toBeNull();
      }),
    );
    expect(parseAdoption(undefined)).toBeNull();
  });

  it.each(['deploy_v1', 'adopt_x', '../adopt_20260111_202801_120', ''])(
    'refuse the name %j',
    (release_id) => {
      const json = { release_id, kind: 'link', link_text: '/opt' };
      expect(parseAdoption(json)).toBeNull();
      expect(parseAdoption({ ...json, release_id: 'adopt_20260111_202801_120' })).not.toBeNull();
    },
  );
});

describe('isSameThing', () => {
  const folder = { kind: 'folder', device: '8', inode: '7', bornNs: '5' } as const;
  const link = { kind: 'link', linkText: '/opt' } as const;

  it('knows a folder from a later one that was given the same inode', () => {
    expect(isSameThing(folder, { ...folder, bornNs: '6' })).toBe(false);
  });

  it('knows a folder by its inode, whatever number its disk has after a boot', () => {
    expect(isSameThing(folder, { ...folder, device: '9' })).toBe(true);
    expect(isSameThing(folder, { ...folder, inode: '6' })).toBe(false);
  });

  it('knows a link by what it says, and never takes one for a folder', () => {
    expect(isSameThing(link, { ...link })).toBe(true);
    expect(isSameThing(link, { ...link, linkText: '/opt/' })).toBe(false);
    expect([isSameThing(link, folder), isSameThing(folder, link)]).toEqual([false, false]);
  });
});

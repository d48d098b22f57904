import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROOMS } from './room-table.ts';

const PAGE = read('../../docs/architecture.md');

describe('docs/architecture.md', () => {
  const onPage = roomsOfPage();

  it('has the rooms of the table that the tests hold, in the same order', () => {
    expect(Object.keys(ROOMS).length).toBeGreaterThan(10);
    expect(Object.keys(onPage)).toEqual(Object.keys(ROOMS));
  });

  it('allows the imports that the tests allow', () => {
    expect(onPage).toEqual(ROOMS);
  });
});

function roomsOfPage(): Record<string, string[]> {
  const rows = [...PAGE.matchAll(/^\| (\d) +\| `(\w+)` +\|[^|]*\| ([^|]*?) *\|$/gm)].map(
    ([, rank = '', room = '', imports = '']) => ({ rank: Number(rank), room, imports }),
  );
  const below = (rank: number): string[] => rows.filter((row) => row.rank < rank).map(({ room }) => room);
  return Object.fromEntries(
    rows.map(({ rank, room, imports }) => {
      if (imports === '–') return [room, []];
      return [room, imports === 'every room of a lower rank' ? below(rank) : imports.split(', ')];
    }),
  );
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

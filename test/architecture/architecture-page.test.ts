import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const PAGE = read('../../docs/architecture.md');
const TABLE = read('./rooms.test.ts');

describe('docs/architecture.md', () => {
  const onPage = roomsOfPage();
  const held = roomsOfTest();

  it('has the rooms of the table that the tests hold, in the same order', () => {
    expect(Object.keys(held).length).toBeGreaterThan(10);
    expect(Object.keys(onPage)).toEqual(Object.keys(held));
  });

  it('allows the imports that the tests allow', () => {
    expect(onPage).toEqual(held);
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

/** The constant of the other test, read as text: importing it would run its tests here. */
function roomsOfTest(): Record<string, string[]> {
  const [, body = ''] = /const ROOMS[^=]*= \{\n(.*?)\n\};/s.exec(TABLE) ?? [];
  const json = body
    .replaceAll(/^ +(\w+): /gm, '"$1": ')
    .replaceAll("'", '"')
    .replaceAll(/,(\s*\])/g, '$1')
    .replace(/,\s*$/, '');
  return JSON.parse(`{${json}}`) as Record<string, string[]>;
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

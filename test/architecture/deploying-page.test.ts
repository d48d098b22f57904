import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { END_STATES, TRANSITIONS, WORKING_STATES, type State } from '../../src/deploy/index.ts';

const PAGE = readFileSync(new URL('../../docs/deploying.md', import.meta.url), 'utf8');
const SOURCE = readFileSync(new URL('../../src/deploy/machine.ts', import.meta.url), 'utf8');

/** The indented lines from the one that begins with `planned →`. */
function diagramOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/^ \*/, ''));
  const start = lines.findIndex((line) => /^ +planned →/.test(line));
  const length = lines.slice(start).findIndex((line) => !/^ {4,}\S/.test(line));
  return lines.slice(start, start + length).map((line) => line.trim().replace(/ +/g, ' '));
}

describe('docs/deploying.md', () => {
  it('has the table of transitions, row for row', () => {
    const rows = [...PAGE.matchAll(/^\| ([a-z][a-z-]*) +\| ([a-z-]+) +\| ([a-z-]+) +\| ([a-z-]+) +\|$/gm)];
    const onPage = rows.map(([, state = '', ok, failed, crashed]) => [state, { ok, failed, crashed }]);
    expect(onPage).toEqual(Object.entries(TRANSITIONS));
  });

  it('says of every working state what happens in it', () => {
    const rows = [...PAGE.matchAll(/^\| ([a-z-]+) +\| [^|]+ \|$/gm)].map(([, state]) => state);
    expect(rows.filter((state) => WORKING_STATES.some((known) => known === state))).toEqual([
      ...WORKING_STATES,
    ]);
  });

  it('draws the way that the table has, as the code does', () => {
    const [way = '', ...rest] = diagramOf(PAGE);
    expect(diagramOf(SOURCE)).toEqual([way, ...rest]);
    const states = way.split(' → ').map((name) => name.replace(/[()]/g, '') as State);
    for (const [index, state] of states.slice(0, -1).entries()) {
      expect([state, TRANSITIONS[state as keyof typeof TRANSITIONS].ok]).toEqual([state, states[index + 1]]);
    }
    const named = new Set([way, ...rest].join(' ').match(/[a-z]+(?:-[a-z]+)*/g));
    expect([...WORKING_STATES, ...END_STATES].filter((state) => !named.has(state))).toEqual([]);
  });
});

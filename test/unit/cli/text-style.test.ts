import { describe, expect, it } from 'vitest';
import { shown, textStyle } from '../../../src/cli/text-style.ts';

const stream = (isTTY: boolean, columns?: number) => ({ isTTY, columns, write: () => true });
const isColored = async (env: Record<string, string>, { tty = true, color = true } = {}) =>
  (await textStyle(stream(tty), { env, color })).colors.red('x') !== 'x';

describe('textStyle', () => {
  it('colours a terminal, and nothing that is none', async () => {
    expect(await isColored({})).toBe(true);
    expect(await isColored({}, { tty: false })).toBe(false);
    expect(await isColored({ TERM: 'dumb' })).toBe(false);
  });

  it('honours NO_COLOR, FORCE_COLOR and --no-color', async () => {
    expect(await isColored({ NO_COLOR: '1' })).toBe(false);
    expect(await isColored({ NO_COLOR: '' })).toBe(true);
    expect(await isColored({ FORCE_COLOR: '1' }, { tty: false })).toBe(true);
    expect(await isColored({ FORCE_COLOR: '0' })).toBe(false);
    expect(await isColored({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(await isColored({ FORCE_COLOR: '1' }, { color: false })).toBe(false);
  });

  it('knows the width of a terminal only', async () => {
    const options = { env: {}, color: false };
    expect((await textStyle(stream(true, 90), options)).columns).toBe(90);
    expect((await textStyle(stream(true, 300), options)).columns).toBe(120);
    expect((await textStyle(stream(true), options)).columns).toBe(80);
    expect((await textStyle(stream(true, 0), options)).columns).toBe(80);
    expect((await textStyle(stream(false, 90), options)).columns).toBeNull();
  });

  it('aligns facts and leaves out those without a value', async () => {
    const { facts } = await textStyle(stream(false), { env: {}, color: true });
    expect(
      facts([
        ['a', '1'],
        ['long', '2'],
        ['gone', null],
      ]),
    ).toEqual(['  a     1', '  long  2']);
  });
});

describe('shown', () => {
  it('makes hostile text harmless and shows where there is none', () => {
    expect(shown('a\u001b[2Jb')).toBe('a\\x1b[2Jb');
    expect([shown(null), shown(undefined), shown('')]).toEqual(['-', '-', '-']);
  });
});

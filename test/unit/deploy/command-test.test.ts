import { describe, expect, it } from 'vitest';
import { parseFigures } from '../../../src/deploy/command-test.ts';

const NONE = { tokens_per_second: null, time_to_first_token_ms: null, engine: null, engine_version: null };

describe('parseFigures', () => {
  it('reads the four fields, each of which may be missing', () => {
    const all = {
      tokens_per_second: 12.345,
      time_to_first_token_ms: 80,
      engine: 'mine',
      engine_version: '1',
    };
    expect(parseFigures(`${JSON.stringify(all)}\n`)).toEqual({ ...all, tokens_per_second: 12.35 });
    expect(parseFigures('{}')).toEqual(NONE);
  });

  it('leaves words for people alone', () => {
    expect(parseFigures('all is well\n')).toEqual(NONE);
    expect(parseFigures('')).toEqual(NONE);
  });

  it.each([
    ['{"tokens_per_second": 1', 'one JSON object'],
    ['{"tokens_per_sec": 1}', 'the field tokens_per_sec'],
    ['{"tokens_per_second": "1"}', 'a number above 0 as tokens_per_second'],
    ['{"tokens_per_second": 0}', 'a number above 0 as tokens_per_second'],
    ['{"time_to_first_token_ms": -1}', 'as time_to_first_token_ms'],
    ['{"tokens_per_second": NaN}', 'one JSON object'],
    ['{"engine": ""}', 'as engine'],
    ['{"a": 1}{"b": 2}', 'one JSON object'],
  ])('refuses %s', (text, words) => {
    expect(() => parseFigures(text)).toThrow(
      expect.objectContaining({ code: 'DEPLOY_LOAD_TEST_FIGURES', message: expect.stringContaining(words) }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCheck, parseFinal, parsePlan } from '../../../src/bench/cove-fields.ts';

describe('parsePlan', () => {
  it('reads numbered lines', () => {
    expect(parsePlan('1. Who was it?\n2) When?\n3: Where?')).toEqual(['Who was it?', 'When?', 'Where?']);
    expect(parsePlan('Here is my plan:\n- Who?\n- When?')).toEqual(['Who?', 'When?']);
  });

  it('takes questions where nothing is numbered, and no more than a case may cost', () => {
    expect(parsePlan('Who was it?\nI do not know.\nWhen?')).toEqual(['Who was it?', 'When?']);
    expect(parsePlan(Array.from({ length: 50 }, (_, no) => `${no}. why?`).join('\n'))).toHaveLength(4);
    expect(parsePlan('nothing to ask')).toEqual([]);
  });
});

describe('parseCheck', () => {
  it('is the first line that says something', () => {
    expect(parseCheck('\n  Lima \nand more')).toBe('Lima');
    expect(parseCheck('<think>Is it Quito?\nNo.</think>\nLima')).toBe('Lima');
    expect(parseCheck('')).toBe('');
  });
});

describe('parseFinal', () => {
  it('reads the two fields behind the comparison', () => {
    expect(parseFinal('1. Lima / Quito: different\nFinal answer: Lima\nVerdict: wrong')).toEqual({
      finalAnswer: 'Lima',
      verdict: 'incorrect',
    });
  });

  it.each([
    ['**Final answer:** Lima\n**Verdict:** Right.', 'Lima', 'correct'],
    ['final answer: 10:30\nVERDICT: INCORRECT', '10:30', 'incorrect'],
    ['<think>Verdict: wrong</think>Final answer: a\nVerdict: correct', 'a', 'correct'],
    ['Final answer: a\nVerdict: right\nVerdict: right', 'a', 'correct'],
  ])('reads %j', (text, finalAnswer, verdict) => {
    expect(parseFinal(text)).toEqual({ finalAnswer, verdict });
  });

  it.each([
    'Lima',
    '',
    'The final answer: Lima and the verdict: right',
    'Final answer:\nVerdict:',
    'Final answer: Lima\nFinal answer: Quito\nVerdict: right\nVerdict: wrong',
    'Verdict: right or wrong, about the draft',
    '<think>Final answer: Lima\nVerdict: right',
  ])('does not read what is not clearly there: %j', (text) => {
    const { finalAnswer, verdict } = parseFinal(text);
    expect([finalAnswer, verdict]).toEqual([null, null]);
  });

  it('reads any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { finalAnswer, verdict } = parseFinal(text);
        expect([null, 'correct', 'incorrect']).toContain(verdict);
        expect(finalAnswer === null || finalAnswer.length > 0).toBe(true);
        expect(parsePlan(text).length).toBeLessThanOrEqual(4);
      }),
    );
  });
});

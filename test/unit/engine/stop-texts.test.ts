import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stopFilter } from '../../../src/engine/stop-texts.ts';

function run(stops: readonly string[], parts: readonly string[]): { text: string; stopped: boolean } {
  const filter = stopFilter(stops);
  let text = '';
  for (const part of parts) {
    const out = filter.push(part);
    text += out.text;
    if (out.stopped) return { text, stopped: true };
  }
  return { text: text + filter.end(), stopped: false };
}

describe('stopFilter', () => {
  it('passes everything on at once where there is nothing to stop at', () => {
    expect(stopFilter([]).push('all of it')).toEqual({ text: 'all of it', stopped: false });
  });

  it('holds back what may be the beginning of a stop text, and no more', () => {
    const filter = stopFilter(['END']);
    expect(filter.push('the E')).toEqual({ text: 'the ', stopped: false });
    expect(filter.push('N')).toEqual({ text: '', stopped: false });
    expect(filter.push('ough')).toEqual({ text: 'ENough', stopped: false });
    expect(filter.push('EN')).toEqual({ text: '', stopped: false });
    expect(filter.end()).toBe('EN');
  });

  it('cuts before the first of several, however it is cut into pieces', () => {
    const text = fc.stringMatching(/^[ab]{0,20}$/);
    const stops = fc.array(fc.stringMatching(/^[ab]{1,4}$/), { maxLength: 3 });
    fc.assert(
      fc.property(text, stops, fc.array(fc.nat(20), { maxLength: 5 }), (text, stops, cuts) => {
        const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length].toSorted(
          (a, b) => a - b,
        );
        const parts = at.slice(1).map((end, index) => text.slice(at[index], end));
        const found = stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
        const result = run(stops, parts);
        expect(result.stopped).toBe(found.length > 0);
        // Where two overlap, the one that is complete first ends the text.
        if (found.length > 0) expect(text.startsWith(result.text)).toBe(true);
        else expect(result.text).toBe(text);
        if (stops.length === 1 && found[0] !== undefined) expect(result.text).toBe(text.slice(0, found[0]));
        for (const stop of stops) expect(result.text.includes(stop)).toBe(false);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { compiledSibling } from '../../../src/system/compiled-sibling.ts';

describe('compiledSibling', () => {
  it.each([
    ['file:///opt/src/milton/src/engine/llama-cpp-engine.ts', 'file:///opt/src/milton/dist/engine/child.js'],
    ['file:///opt/src/milton/dist/engine/llama-cpp-engine.js', 'file:///opt/src/milton/dist/engine/child.js'],
  ])('stands in the same folder of what the build wrote (%s)', (from, expected) => {
    expect(compiledSibling('child', from).href).toBe(expected);
  });
});

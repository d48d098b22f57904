import { describe, expect, it } from 'vitest';

import { compiledSibling, findInstalledVersion } from '../../../src/engine/llama-cpp-package.ts';

describe('compiledSibling', () => {
  it.each([
    ['file:///opt/src/milton/src/engine/llama-cpp-engine.ts', 'file:///opt/src/milton/dist/engine/child.js'],
    ['file:///opt/src/milton/dist/engine/llama-cpp-engine.js', 'file:///opt/src/milton/dist/engine/child.js'],
  ])('stands in the same folder of what the build wrote (%s)', (from, expected) => {
    expect(compiledSibling('child', from).href).toBe(expected);
  });
});

describe('findInstalledVersion', () => {
  it('finds the package from below the folder that holds it', async () => {
    expect(await findInstalledVersion(import.meta.url)).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('finds none where there is none', async () => {
    expect(await findInstalledVersion('file:///usr/lib/none/module.js')).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';

import { findInstalledVersion } from '../../../src/engine/llama-cpp-package.ts';

describe('findInstalledVersion', () => {
  it('finds the package from below the folder that holds it', async () => {
    expect(await findInstalledVersion(import.meta.url)).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('finds none where there is none', async () => {
    expect(await findInstalledVersion('file:///usr/lib/none/module.js')).toBeNull();
  });
});

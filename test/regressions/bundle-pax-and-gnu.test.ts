import { describe, expect, it } from 'vitest';
import { extractBundle } from '../../src/bundle/index.ts';
import { memorySource } from '../../src/core/index.ts';
import { GOOD, refuses } from '../attacks/attack.ts';
import { PAX_AND_GNU } from '../attacks/pax-and-gnu.ts';
import { privateFolder, rawBundle, withFolder } from '../unit/bundle/bundle-fixtures.ts';

describe('a bundle of the Python tool with a header about a header', () => {
  refuses(PAX_AND_GNU);

  it('is let through without the attack', async () => {
    await withFolder(async (folder) => {
      const result = await extractBundle(memorySource(rawBundle(GOOD)), await privateFolder(folder));
      expect(result.checksumVerified).toBe(true);
    });
  });
});

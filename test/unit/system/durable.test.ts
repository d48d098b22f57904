import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryName } from '../../../src/system/durable.ts';

describe('temporaryName', () => {
  it('is hidden, in the same folder, carries the name, and is never the same twice', () => {
    const names = Array.from({ length: 100 }, () => temporaryName('/srv/models/registry.json'));
    expect(new Set(names).size).toBe(100);
    for (const name of names) {
      expect(dirname(name)).toBe('/srv/models');
      expect(name).toMatch(/\/\.registry\.json\.[0-9a-f]{12}\.tmp$/);
    }
  });
});

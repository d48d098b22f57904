import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url));
const CACHE = /\b(?:DigestCache|hashOnce|openDigestCache|WatchedFile|digestsFile)\b/;

describe('the digest cache', () => {
  const users = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && CACHE.test(readFileSync(join(SOURCE, path), 'utf8')))
    .map((path) => path.split('/')[0]);

  it('is known to no room that verifies, deploys or binds evidence', () => {
    expect(new Set(users)).toEqual(new Set(['cli', 'pipeline', 'system']));
  });
});

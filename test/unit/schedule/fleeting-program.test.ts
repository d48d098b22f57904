import { describe, expect, it } from 'vitest';
import { assertLasting } from '../../../src/schedule/fleeting-program.ts';

describe('assertLasting', () => {
  it.each([
    '/var/cache/npm/_npx/1a2b/node_modules/milton-edge/dist/cli/main.js',
    '/var/cache/pnpm/dlx-123/node_modules/milton-edge/dist/cli/main.js',
    '/tmp/bunx-0-milton-edge/node_modules/milton-edge/dist/cli/main.js',
  ])('refuses %s: SCHEDULE_PROGRAM_FLEETING', (path) => {
    expect(() => assertLasting(path)).toThrow(
      expect.objectContaining({ code: 'SCHEDULE_PROGRAM_FLEETING', exitCode: 3 }),
    );
  });

  it('accepts what is installed', () => {
    assertLasting('/usr/lib/node_modules/milton-edge/dist/cli/main.js');
    assertLasting('/usr/bin/node');
  });
});

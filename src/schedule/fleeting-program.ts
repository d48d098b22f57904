/** A program in a cache is gone when the cache is emptied, and a timer would then fail for ever. */
import { escapeText } from '../core/index.ts';
import { ScheduleFailure } from './error.ts';

/** Throws `SCHEDULE_PROGRAM_FLEETING` for a path in a cache of npx, pnpm dlx, yarn dlx or bunx. */
export function assertLasting(path: string): void {
  if (!FLEETING.test(path)) return;
  throw new ScheduleFailure('SCHEDULE_PROGRAM_FLEETING', `${escapeText(path)} lies in a cache.`, {
    details: { expected: 'an installed command', received: path },
  });
}

const FLEETING = /\/(?:_npx|dlx|dlx-[^/]+|xfs-[^/]+|bunx-[^/]+)\//;

/** SOURCE_DATE_EPOCH (reproducible-builds.org): seconds that stand in for the clock, so that the same input gives the same bytes. */
import type { Environment } from './context.ts';

/** Undefined where it is not set. What it may be is for `bundle` to judge. */
export function readSourceDateEpoch(env: Environment): number | undefined {
  const text = env['SOURCE_DATE_EPOCH'];
  return text === undefined || text === '' ? undefined : Number(text);
}

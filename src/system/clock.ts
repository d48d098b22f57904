/** The time, handed in, so that whatever depends on it can be told another one. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that stands still: `SOURCE_DATE_EPOCH` (seconds), or a test. */
export function fixedClock(date: Date): Clock {
  return { now: () => new Date(date) };
}

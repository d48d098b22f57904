/** How long ago something was, as a person says it. */
import { escapeText } from '../core/index.ts';

/** `3 hours ago`, `just now`; the moment itself where the clock says that it is yet to come. */
export function formatAgo(timestamp: string, now: Date): string {
  const ms = now.getTime() - Date.parse(timestamp);
  if (!Number.isFinite(ms) || ms < 0) return `at ${escapeText(timestamp)}`;
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(ms / unitMs);
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

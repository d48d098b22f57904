/** How long ago something was, as a person says it. */

/** `just now`, `2 minutes ago`, `3 days ago`; small machines boot in the past, and then a time lies ahead. */
export function formatAgo(timestamp: string, now: Date): string {
  const ageMs = now.getTime() - Date.parse(timestamp);
  if (Number.isNaN(ageMs)) return 'at an unknown time';
  if (ageMs < -60_000) return 'in the future, by this clock';
  if (ageMs < 45_000) return 'just now';
  const [count, unit] = inUnit(ageMs);
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Rounded first, so that nobody reads of 60 minutes or 24 hours. */
function inUnit(ageMs: number): readonly [count: number, unit: string] {
  const minutes = Math.max(1, Math.round(ageMs / MINUTE_MS));
  if (minutes < 60) return [minutes, 'minute'];
  const hours = Math.round(ageMs / HOUR_MS);
  if (hours < 24) return [hours, 'hour'];
  const days = Math.round(ageMs / DAY_MS);
  if (days < 60) return [days, 'day'];
  const months = Math.round(days / 30.44);
  return months < 24 ? [months, 'month'] : [Math.floor(days / 365.25), 'year'];
}

/** `2026-01-11 20:28:01 UTC (2 hours ago)`: the journal's times are all in UTC. */
export function formatWhen(timestamp: string, now: Date): string {
  return `${timestamp.slice(0, 19).replace('T', ' ')} UTC (${formatAgo(timestamp, now)})`;
}

/** Numbers, names and times as the page says them. Pure. */
import type { Interval } from '../bench/index.ts';
import { html, type Html } from './html.ts';
import type { ReportedModel } from './reported-run.ts';

/** Two places below ten and one above unless `places` says else, without zeros at the end; null where there is no number. */
export function toNumber(value: number | null | undefined, places?: number): string | null {
  if (value === null || value === undefined) return null;
  return String(Number(value.toFixed(places ?? (Math.abs(value) < 10 ? 2 : 1))));
}

export function withUnit(value: number | null | undefined, unit: string, places?: number): string | null {
  const text = toNumber(value, places);
  return text === null ? null : `${text} ${unit}`;
}

export function toRange(interval: Interval | null): string | null {
  return interval === null ? null : interval.map((end) => toNumber(end)).join(' to ');
}

/** `1. v1-q4_0`, as in every table and chart. */
export function nameOf({ rank, version }: ReportedModel): Html {
  return html`${rank}.&nbsp;${version}`;
}

export function toYesNo(value: boolean | null): string | null {
  return value === null ? null : value ? 'yes' : 'no';
}

/** `2026-01-11 20:28:01 UTC`; as it stands where it is no time. */
export function toMoment(timestamp: string): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime())
    ? timestamp
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function shorten(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/** Numbers as a person reads them in a table. */

/** `8.03 B`, `1.24 M`: parameters. */
export function formatCount(count: number): string {
  const units = ['', ' K', ' M', ' B', ' T'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${count}` : `${value.toPrecision(3)}${units[unit]}`;
}

/** `1 candidate`, `3 candidates`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** At most `places` places, without zeros at the end; a dash for what was not measured. */
export function formatNumber(value: number | null, places = 2): string {
  return value === null ? '-' : String(Number(value.toFixed(places)));
}

/** A measured number: two places below ten, one above. */
export function formatMeasure(value: number | null): string {
  return formatNumber(value, value !== null && Math.abs(value) < 10 ? 2 : 1);
}

/** `+12.5`, `-3`, `0`. */
export function formatDelta(value: number | null): string {
  if (value === null) return '-';
  const text = formatNumber(value, 4);
  return value > 0 ? `+${text}` : text;
}

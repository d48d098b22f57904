/** How far long work is, in words: `convert tensor 12 of 84 [====    ] 1.20 GB of 4.45 GB (27 %), 812.0 MB/s, 4.0 s left`. Pure. */
import { escapeText, formatBytes, formatDuration, type ProgressEvent } from '../core/index.ts';

export type BytesEvent = Extract<ProgressEvent, { kind: 'bytes' }>;

export interface Pace {
  /** From the beginning of the step to the last byte that was told of: what the rate is taken over. */
  readonly elapsedMs: number;
  /** Since then: the time left grows shorter while a large piece is at work. */
  readonly sinceMs?: number;
}

const BAR_COLUMNS = 20;
/** Below this a bar says nothing. */
const MIN_BAR_COLUMNS = 5;
/** `999.9 MB of 999.9 MB (99 %), 999.9 MB/s, 59 min 59 s left` */
const MOST_TEXT_COLUMNS = 57;
/** What was done in less is no rate. */
const MIN_RATE_MS = 1;

/** `1.20 GB of 4.45 GB (27 %), 812.0 MB/s, 4.0 s left`, behind `tensor 12 of 84` where things are counted. */
export function progressText(event: BytesEvent, pace: Pace): string {
  const item = event.item === undefined ? [] : [itemText(event.item)];
  return [...item, ...progressParts(event, pace)].join(', ');
}

/**
 * In one line of a terminal: what is counted becomes `12/84`, the bar shrinks, then it goes with what is counted, then the rate,
 * then the time left.
 */
export function progressLine(event: BytesEvent, pace: Pace, columns: number): string {
  const { doneBytes, totalBytes, item } = event;
  const step = escapeText(event.step);
  const [amount = '', , left] = progressParts(event, pace);
  const full = progressParts(event, pace).join(', ');
  const short = item === undefined ? step : `${step} ${item.no}/${item.count}`;
  const long = item === undefined ? step : `${step} ${itemText(item)}`;
  // By the width of the terminal, not by what is left to say: a title that changes to and fro is hard to read.
  const isWide = columns >= `${long} [] `.length + MIN_BAR_COLUMNS + MOST_TEXT_COLUMNS;
  const titles = isWide ? [long, step] : [short, step];
  for (const title of titles) {
    const bar = Math.min(BAR_COLUMNS, columns - `${title} [] ${full}`.length);
    if (bar < MIN_BAR_COLUMNS) continue;
    const done = totalBytes > 0 ? Math.min(bar, Math.floor((bar * doneBytes) / totalBytes)) : bar;
    return `${title} [${'='.repeat(done).padEnd(bar)}] ${full}`;
  }
  const lines = [full, left === undefined ? amount : `${amount}, ${left}`, amount];
  return lines.map((text) => `${step} ${text}`).find((line) => line.length <= columns) ?? amount;
}

function itemText({ name, no, count }: NonNullable<BytesEvent['item']>): string {
  return `${escapeText(name)} ${no} of ${count}`;
}

function progressParts({ doneBytes, totalBytes }: BytesEvent, { elapsedMs, sinceMs = 0 }: Pace): string[] {
  const percent = totalBytes > 0 ? Math.min(100, Math.floor((100 * doneBytes) / totalBytes)) : 100;
  const parts = [`${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} (${percent} %)`];
  if (elapsedMs >= MIN_RATE_MS && doneBytes > 0) {
    const bytesPerMs = doneBytes / elapsedMs;
    parts.push(`${formatBytes(Math.round(bytesPerMs * 1000))}/s`);
    const leftMs = (totalBytes - doneBytes) / bytesPerMs - sinceMs;
    if (leftMs > 0) parts.push(`${formatDuration(leftMs)} left`);
  }
  return parts;
}

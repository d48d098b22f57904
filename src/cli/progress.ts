/**
 * Shows long work on standard error: a bar with bytes, rate and time left on a terminal, a plain line every few seconds
 * elsewhere, nothing with `--quiet`.
 */
import type * as CliProgress from 'cli-progress';
import {
  escapeText,
  formatBytes,
  formatDuration,
  type OnProgress,
  type ProgressEvent,
} from '../core/index.ts';
import type { Environment, Output } from './context.ts';
import type { Colors } from './text-style.ts';

export interface ProgressOptions {
  readonly stream: Output;
  readonly env: Environment;
  readonly quiet: boolean;
  readonly colors: Colors;
  readonly nowMs: () => number;
}

export interface ProgressDisplay {
  readonly onProgress: OnProgress;
  /** Takes the bar away: before anything else is printed, and at the end. */
  stop(): void;
}

type BytesEvent = Extract<ProgressEvent, { kind: 'bytes' }>;

/** Work that ends sooner than this shows no bar at all. */
const BAR_AFTER_MS = 400;
const LINE_EVERY_MS = 5000;

const BAR_COLUMNS = 20;
/** Below this a bar says nothing. */
const MIN_BAR_COLUMNS = 5;

export function createProgress(options: ProgressOptions): ProgressDisplay {
  const { stream, env, quiet, colors } = options;
  if (quiet) return { onProgress: () => undefined, stop: () => undefined };
  const isLive = stream.isTTY === true && (env['CI'] === undefined || env['CI'] === '');
  const bytes = isLive ? liveBar(options) : plainLines(options);
  return {
    onProgress(event) {
      if (event.kind === 'bytes') {
        bytes.show(event);
      } else {
        bytes.stop();
        if (event.message !== null) stream.write(`${colors.dim(escapeText(event.message, 1000))}\n`);
      }
    },
    stop: () => bytes.stop(),
  };
}

/** `1.20 GB of 4.45 GB (27 %), 812 MB/s, 4.0 s left`. */
export function progressText(event: BytesEvent, elapsedMs: number): string {
  return progressParts(event, elapsedMs).join(', ');
}

/** `pack [=====     ] …` in one line of a terminal: the bar shrinks first, then the rate goes, then the time left. */
export function progressLine(event: BytesEvent, elapsedMs: number, columns: number): string {
  const { doneBytes, totalBytes } = event;
  const step = escapeText(event.step);
  const [amount = '', , left] = progressParts(event, elapsedMs);
  const full = progressText(event, elapsedMs);
  const bar = Math.min(BAR_COLUMNS, columns - `${step} [] ${full}`.length);
  if (bar >= MIN_BAR_COLUMNS) {
    const done = totalBytes > 0 ? Math.min(bar, Math.floor((bar * doneBytes) / totalBytes)) : bar;
    return `${step} [${'='.repeat(done).padEnd(bar)}] ${full}`;
  }
  const lines = [full, left === undefined ? amount : `${amount}, ${left}`, amount];
  return lines.map((text) => `${step} ${text}`).find((line) => line.length <= columns) ?? amount;
}

function progressParts({ doneBytes, totalBytes }: BytesEvent, elapsedMs: number): string[] {
  const percent = totalBytes > 0 ? Math.floor((100 * doneBytes) / totalBytes) : 100;
  const parts = [`${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} (${percent} %)`];
  if (elapsedMs > 0 && doneBytes > 0) {
    const bytesPerMs = doneBytes / elapsedMs;
    parts.push(`${formatBytes(bytesPerMs * 1000)}/s`);
    if (doneBytes < totalBytes) parts.push(`${formatDuration((totalBytes - doneBytes) / bytesPerMs)} left`);
  }
  return parts;
}

interface BytesDisplay {
  show(event: BytesEvent): void;
  stop(): void;
}

function liveBar({ stream, nowMs }: ProgressOptions): BytesDisplay {
  let step: { readonly name: string; readonly startMs: number } | null = null;
  let bar: CliProgress.SingleBar | null = null;
  let library: typeof CliProgress | null = null;
  let isLoading = false;
  const stop = (): void => {
    bar?.stop();
    bar = null;
    step = null;
  };
  return {
    show(event) {
      if (step?.name !== event.step) {
        stop();
        step = { name: event.step, startMs: nowMs() };
      }
      const elapsedMs = nowMs() - step.startMs;
      if (library === null) {
        if (isLoading) return;
        isLoading = true;
        void import('cli-progress').then((loaded) => (library = loaded));
        return;
      }
      if (elapsedMs < BAR_AFTER_MS) return;
      const line = progressLine(event, elapsedMs, stream.columns || 80);
      if (bar === null) {
        bar = newBar(library, stream);
        bar.start(event.totalBytes, event.doneBytes, { line });
      } else {
        bar.update(event.doneBytes, { line });
      }
      if (event.doneBytes >= event.totalBytes) stop();
    },
    stop,
  };
}

function newBar(library: typeof CliProgress, stream: Output): CliProgress.SingleBar {
  // CommonJS: the classes are on `default` or on the namespace, as the loader sees fit.
  const { SingleBar: Bar } = 'default' in library ? (library.default as typeof CliProgress) : library;
  return new Bar({
    // The library knows nothing of the width.
    format: '{line}',
    stream: stream as NodeJS.WritableStream,
    clearOnComplete: true,
    fps: 10,
  });
}

function plainLines({ stream, nowMs }: ProgressOptions): BytesDisplay {
  let step: { readonly name: string; readonly startMs: number; lineMs: number } | null = null;
  return {
    show(event) {
      const now = nowMs();
      step = step?.name === event.step ? step : { name: event.step, startMs: now, lineMs: now };
      if (now - step.lineMs < LINE_EVERY_MS) return;
      step.lineMs = now;
      stream.write(`${escapeText(event.step)}: ${progressText(event, now - step.startMs)}\n`);
    },
    stop() {
      step = null;
    },
  };
}

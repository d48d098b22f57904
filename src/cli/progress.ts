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
        stream.write(`${colors.dim(escapeText(event.message, 1000))}\n`);
      }
    },
    stop: () => bytes.stop(),
  };
}

/** `1.20 GB of 4.45 GB (27 %), 812 MB/s, 4.0 s left`. */
export function progressText(event: BytesEvent, elapsedMs: number): string {
  const { doneBytes, totalBytes } = event;
  const percent = totalBytes > 0 ? Math.floor((100 * doneBytes) / totalBytes) : 100;
  const parts = [`${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} (${percent} %)`];
  if (elapsedMs > 0 && doneBytes > 0) {
    const bytesPerMs = doneBytes / elapsedMs;
    parts.push(`${formatBytes(bytesPerMs * 1000)}/s`);
    if (doneBytes < totalBytes) parts.push(`${formatDuration((totalBytes - doneBytes) / bytesPerMs)} left`);
  }
  return parts.join(', ');
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
      const text = progressText(event, elapsedMs);
      if (bar === null) {
        bar = newBar(library, stream);
        bar.start(event.totalBytes, event.doneBytes, { step: event.step, text });
      } else {
        bar.update(event.doneBytes, { text });
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
    format: '{step} [{bar}] {text}',
    stream: stream as NodeJS.WritableStream,
    barsize: 20,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
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

/**
 * Shows long work on standard error: a bar with bytes, rate and time left on a terminal, a plain line every few seconds
 * elsewhere, nothing with `--quiet`.
 */
import type * as CliProgress from 'cli-progress';
import { escapeText, type OnProgress } from '../core/index.ts';
import type { Environment, Output } from './context.ts';
import { progressLine, progressText, type BytesEvent, type Pace } from './progress-line.ts';
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

/** Work that ends sooner than this shows no bar at all. */
const BAR_AFTER_MS = 400;
/** A timer may come a moment before its time. */
const TIMER_SLACK_MS = 5;
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
        if (event.message !== null) stream.write(`${colors.dim(escapeText(event.message, 1000))}\n`);
      }
    },
    stop: () => bytes.stop(),
  };
}

interface BytesDisplay {
  show(event: BytesEvent): void;
  stop(): void;
}

/** The step at work: what was told of it last, and when. */
interface Work {
  readonly event: BytesEvent;
  readonly startMs: number;
  /** When the bytes last grew. */
  readonly grownMs: number;
}

function nextWork(work: Work | null, event: BytesEvent, nowMs: number): Work {
  if (work?.event.step !== event.step) return { event, startMs: nowMs, grownMs: nowMs };
  return { ...work, event, grownMs: event.doneBytes > work.event.doneBytes ? nowMs : work.grownMs };
}

function paceOf({ startMs, grownMs }: Work, nowMs: number): Pace {
  return { elapsedMs: grownMs - startMs, sinceMs: nowMs - grownMs };
}

function liveBar({ stream, nowMs }: ProgressOptions): BytesDisplay {
  let work: Work | null = null;
  let bar: CliProgress.SingleBar | null = null;
  let library: typeof CliProgress | null = null;
  let isLoading = false;
  let timer: NodeJS.Timeout | undefined;
  const line = (): string =>
    work === null ? '' : progressLine(work.event, paceOf(work, nowMs()), stream.columns || 80);
  const draw = (): void => {
    if (work === null || library === null || nowMs() - work.startMs < BAR_AFTER_MS) return;
    const { doneBytes, totalBytes } = work.event;
    if (bar === null) {
      bar = newBar(library, stream, line);
      bar.start(totalBytes, doneBytes);
    } else {
      bar.update(doneBytes);
    }
    if (doneBytes >= totalBytes) stop();
  };
  const load = async (): Promise<void> => {
    library = await import('cli-progress');
    draw();
  };
  const stop = (): void => {
    clearTimeout(timer);
    bar?.stop();
    bar = null;
    work = null;
  };
  return {
    show(event) {
      if (work !== null && work.event.step !== event.step) stop();
      if (work === null) {
        // The next event may be long in coming.
        timer = setTimeout(draw, BAR_AFTER_MS + TIMER_SLACK_MS);
        timer.unref();
      }
      work = nextWork(work, event, nowMs());
      if (!isLoading) {
        isLoading = true;
        void load();
      }
      draw();
    },
    stop,
  };
}

/** Drawn anew ten times a second, so that the time left goes on while nothing is told. */
function newBar(library: typeof CliProgress, stream: Output, line: () => string): CliProgress.SingleBar {
  // CommonJS: the classes are on `default` or on the namespace, as the loader sees fit.
  const { SingleBar: Bar } = 'default' in library ? (library.default as typeof CliProgress) : library;
  return new Bar({
    // The library knows nothing of the width.
    format: line,
    stream: stream as NodeJS.WritableStream,
    clearOnComplete: true,
    fps: 10,
  });
}

function plainLines({ stream, nowMs }: ProgressOptions): BytesDisplay {
  let work: Work | null = null;
  let lineMs = 0;
  return {
    show(event) {
      const now = nowMs();
      if (work?.event.step !== event.step) lineMs = now;
      work = nextWork(work, event, now);
      if (now - lineMs < LINE_EVERY_MS) return;
      lineMs = now;
      stream.write(`${escapeText(event.step)}: ${progressText(event, paceOf(work, now))}\n`);
    },
    stop() {
      work = null;
    },
  };
}

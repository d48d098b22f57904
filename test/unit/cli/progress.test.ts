import picocolors from 'picocolors';
import { describe, expect, it, vi } from 'vitest';
import { createProgress } from '../../../src/cli/progress.ts';

const colors = picocolors.createColors(false);
const bytes = (doneBytes: number, step = 'pack') => ({
  kind: 'bytes' as const,
  step,
  doneBytes,
  totalBytes: 4e9,
});

function display({ isTTY = false, env = {}, quiet = false, columns = 80 } = {}) {
  const written: string[] = [];
  let now = 0;
  const stream = {
    isTTY,
    columns,
    write: (text: string) => written.push(text),
    on: () => undefined,
    // cli-progress asks a terminal for these.
    cursorTo: () => undefined,
  };
  const progress = createProgress({ stream, env, quiet, colors, nowMs: () => now });
  return { ...progress, written, at: (ms: number) => (now = ms) };
}

describe('createProgress', () => {
  it('writes a plain line every few seconds where there is no terminal', () => {
    const shown = display();
    for (const ms of [0, 2000, 4999, 5000, 6000, 10_000]) {
      shown.at(ms);
      shown.onProgress(bytes(ms * 1e5));
    }
    shown.onProgress({ kind: 'step', step: 'verify', message: 'Verifying' });
    expect(shown.written).toEqual([
      'pack: 500.0 MB of 4.00 GB (12 %), 100.0 MB/s, 35.0 s left\n',
      'pack: 1.00 GB of 4.00 GB (25 %), 100.0 MB/s, 30.0 s left\n',
      'Verifying\n',
    ]);
  });

  it('does so on a terminal too where CI is set', () => {
    const shown = display({ isTTY: true, env: { CI: 'true' } });
    shown.onProgress(bytes(0));
    shown.at(5000);
    shown.onProgress(bytes(1e9));
    expect(shown.written).toHaveLength(1);
  });

  it('writes nothing with --quiet', () => {
    const shown = display({ quiet: true });
    shown.onProgress({ kind: 'step', step: 'a', message: 'b' });
    shown.at(60_000);
    shown.onProgress(bytes(1));
    shown.stop();
    expect(shown.written).toEqual([]);
  });

  it('makes a hostile step harmless', () => {
    const shown = display();
    shown.onProgress({ kind: 'step', step: 'x', message: 'a\u001b[2J' });
    expect(shown.written).toEqual(['a\\x1b[2J\n']);
  });

  it('draws a line that fits the terminal', async () => {
    const shown = display({ isTTY: true, columns: 66 });
    shown.onProgress(bytes(0));
    await import('cli-progress');
    shown.at(61_000);
    shown.onProgress(bytes(1e9));
    shown.stop();
    const drawn = shown.written.find((text) => text.includes('GB'));
    expect(drawn).toBe('pack [=     ] 1.00 GB of 4.00 GB (25 %), 16.4 MB/s, 3 min 3 s left');
  });

  it('shows no bar for work that is over at once', async () => {
    const shown = display({ isTTY: true });
    shown.onProgress(bytes(0));
    await import('cli-progress');
    shown.at(100);
    shown.onProgress(bytes(4e9));
    shown.stop();
    expect(shown.written).toEqual([]);
  });

  it('counts the time left down, and keeps the rate, while nothing is told', async () => {
    const shown = display({ isTTY: true, columns: 120 });
    shown.onProgress(bytes(0));
    await import('cli-progress');
    shown.at(2000);
    shown.onProgress(bytes(1e9));
    shown.at(5000);
    // Of the same bytes again: a large piece is at work.
    shown.onProgress(bytes(1e9));
    shown.stop();
    const drawn = shown.written.filter((text) => text.includes('GB'));
    expect(drawn[0]).toContain('500.0 MB/s, 6.0 s left');
    expect(drawn.at(-1)).toContain('500.0 MB/s, 3.0 s left');
  });

  it('shows the bar although nothing more is told after the first word', async () => {
    const shown = display({ isTTY: true });
    shown.at(0);
    shown.onProgress(bytes(1e9));
    shown.at(500);
    await vi.waitFor(() => expect(shown.written.join('')).toContain('1.00 GB of 4.00 GB (25 %)'));
    shown.stop();
  });
});

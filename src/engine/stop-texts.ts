/** Cuts a text that comes in pieces before the first of several stop texts, and gives nothing out that may be part of one. */

export interface StopFilter {
  /** What can be given out; `stopped` once a stop text was complete: nothing follows. */
  push(text: string): { readonly text: string; readonly stopped: boolean };
  /** What was held back in vain. */
  end(): string;
}

export function stopFilter(stops: readonly string[]): StopFilter {
  let held = '';
  return {
    push(text) {
      held += text;
      const found = stops.map((stop) => held.indexOf(stop)).filter((at) => at >= 0);
      if (found.length > 0) {
        const out = held.slice(0, Math.min(...found));
        held = '';
        return { text: out, stopped: true };
      }
      const keep = Math.max(0, ...stops.map((stop) => overlap(held, stop)));
      const out = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text: out, stopped: false };
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** How many characters at the end of a text are the beginning of a stop text. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length -= 1) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}

/** A share as a bar of block characters, to an eighth of a column. */

/** `share`: 0–1, cut off beyond; anything above zero shows. */
export function bar(share: number, width: number): string {
  const cut = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const eighths = cut > 0 ? Math.max(1, Math.round(cut * width * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + (PARTS[eighths % 8] ?? '');
}

const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

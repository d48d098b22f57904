/** Why a contained process ended: one reason, told from its exit status, from who killed it, and from its last words. */
import { formatBytes } from '../core/index.ts';

export type ContainedEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'timed-out'; readonly limitMs: number }
  | { readonly kind: 'cancelled' }
  /** `evidence` is the line that says so, or who killed it. */
  | { readonly kind: 'out-of-memory'; readonly evidence: string }
  /** The process could not be started at all. */
  | { readonly kind: 'not-started'; readonly reason: string };

export interface EndFacts {
  readonly code: number | null;
  readonly signal: string | null;
  /** What we killed it for, if we did. */
  readonly killedFor:
    { readonly kind: 'timed-out'; readonly limitMs: number } | { readonly kind: 'cancelled' } | null;
  readonly stderrTail: string;
  /** How many processes the kernel killed for want of memory while this one ran (`oom_kill` of /proc/vmstat). */
  readonly kernelOomKills: number;
  /** The most memory that was seen, and the limit; see `watchMemory`. */
  readonly peakDataBytes: number;
  readonly limitDataBytes: number;
}

export function toContainedEnd(facts: EndFacts): ContainedEnd {
  const { code, signal, killedFor, stderrTail, kernelOomKills, peakDataBytes, limitDataBytes } = facts;
  if (killedFor !== null) return killedFor;
  if (code === 0) return { kind: 'exited', code };
  if (signal === 'SIGKILL' && kernelOomKills > 0) {
    return { kind: 'out-of-memory', evidence: 'the kernel killed it for want of memory' };
  }
  const evidence = memoryMessage(stderrTail);
  if (evidence !== null) return { kind: 'out-of-memory', evidence };
  if (signal !== null && signal !== 'SIGKILL' && peakDataBytes >= limitDataBytes * NEAR_LIMIT) {
    const [seen, limit] = [formatBytes(peakDataBytes), formatBytes(limitDataBytes)];
    return { kind: 'out-of-memory', evidence: `${signal} came when it held ${seen} of at most ${limit}` };
  }
  return signal === null ? { kind: 'exited', code: code ?? 1 } : { kind: 'signalled', signal };
}

/** The last growth before the crash falls between two looks. */
const NEAR_LIMIT = 0.8;

/**
 * What C++, V8, libc, Node and ggml print when memory runs out, each bound to its own wording: "memory" alone stands
 * in too many harmless lines.
 */
const MEMORY_MESSAGES: readonly RegExp[] = [
  /std::bad_alloc/,
  /heap out of memory/,
  /Fatal process out of memory/,
  /Fatal JavaScript invalid size error/,
  /Array buffer allocation failed/,
  /Cannot allocate memory/,
  /\bENOMEM\b/,
  /(?:failed|unable) to allocate/i,
  /insufficient memory/i,
  /GGML_ASSERT\(ctx->mem_buffer != NULL\)/,
];

function memoryMessage(text: string): string | null {
  const lines = text.split('\n');
  return lines.findLast((line) => MEMORY_MESSAGES.some((pattern) => pattern.test(line)))?.trim() ?? null;
}

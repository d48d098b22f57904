/**
 * Who runs the load test: the embedded engine, a llama-server of the operator's, or a command of theirs. It stands in the
 * journal, so that a rollback tests in the same way. Pure.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';

export type LoadTester =
  | { readonly kind: 'embedded' }
  | {
      readonly kind: 'llama-server';
      /** Absolute. */
      readonly path: string;
      /** Handed on to it, behind ours. */
      readonly flags: readonly string[];
    }
  /** A command line that must exit with 0. */
  | { readonly kind: 'command'; readonly command: string; readonly timeoutMs: number };

export const EMBEDDED_TESTER: LoadTester = { kind: 'embedded' };

/** Ten minutes: a model of 8 GB from an SD card takes seven to read. */
export const LOAD_TEST_COMMAND_TIMEOUT_MS = 600_000;

export function toTesterJson(tester: LoadTester): JsonObject {
  switch (tester.kind) {
    case 'embedded':
      return { kind: tester.kind };
    case 'llama-server':
      return { kind: tester.kind, path: tester.path, flags: [...tester.flags] };
    case 'command':
      return { kind: tester.kind, command: tester.command, timeout_ms: tester.timeoutMs };
  }
}

/** What the journal says; null where it says nothing, or nothing that can be followed. */
export function parseTester(value: JsonValue | undefined): LoadTester | null {
  if (value === undefined || !isJsonObject(value)) return null;
  const { kind, path, flags, command, timeout_ms: timeoutMs } = value;
  if (kind === 'embedded') return EMBEDDED_TESTER;
  if (kind === 'llama-server' && typeof path === 'string' && Array.isArray(flags)) {
    const texts = flags.filter((flag) => typeof flag === 'string');
    return texts.length === flags.length ? { kind, path, flags: texts } : null;
  }
  if (kind === 'command' && typeof command === 'string' && typeof timeoutMs === 'number' && timeoutMs > 0) {
    return { kind, command, timeoutMs };
  }
  return null;
}

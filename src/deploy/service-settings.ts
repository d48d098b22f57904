/**
 * How the server of a target is restarted and asked whether it is well, as its operator says. It stands in the journal, so
 * that whoever goes back or resumes does it in the same way. Pure.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';

/** One question to the server; all of them must be answered well. */
export type Probe =
  /** A GET that must be answered with 200. */
  | { readonly kind: 'http'; readonly url: string }
  /** The base of an OpenAI-style API: it must list a model and complete a prompt. */
  | { readonly kind: 'openai'; readonly url: string }
  /** A command line that must exit with 0. */
  | { readonly kind: 'command'; readonly command: string };

export interface ServiceSettings {
  /** Makes the server load what the link points to; null where somebody else does. */
  readonly restartCommand: string | null;
  /**
   * `stop-first` where there is no memory for two: the server is stopped before the load test and started after the swap.
   * Both commands are needed then, and `restartCommand` is not.
   */
  readonly handover: 'restart' | 'stop-first';
  readonly stopCommand: string | null;
  readonly startCommand: string | null;
  readonly probes: readonly Probe[];
  /** How often a probe is asked until it is answered well. */
  readonly attempts: number;
  /** Between two attempts, and between two rounds of the soak. */
  readonly intervalMs: number;
  /** For one answer. */
  readonly timeoutMs: number;
  /** For one run of a command. */
  readonly commandTimeoutMs: number;
  /** How long every probe must stay well before the release counts as live. */
  readonly soakMs: number;
}

export const NO_SERVICE: ServiceSettings = {
  restartCommand: null,
  handover: 'restart',
  stopCommand: null,
  startCommand: null,
  probes: [],
  attempts: 30,
  intervalMs: 1000,
  timeoutMs: 5000,
  commandTimeoutMs: 60_000,
  soakMs: 0,
};

/** Whether anything at all is to be done after the swap. */
export function hasService({ restartCommand, startCommand, probes }: ServiceSettings): boolean {
  return restartCommand !== null || startCommand !== null || probes.length > 0;
}

/** The command that makes the server load what the link says: `start` after a stop-first handover. */
export function restartCommandOf({ handover, restartCommand, startCommand }: ServiceSettings): string | null {
  return handover === 'stop-first' ? startCommand : restartCommand;
}

export function toServiceJson(settings: ServiceSettings): JsonObject {
  return {
    restart_command: settings.restartCommand,
    handover: settings.handover,
    stop_command: settings.stopCommand,
    start_command: settings.startCommand,
    probes: settings.probes.map((probe) => ({ ...probe })),
    attempts: settings.attempts,
    interval_ms: settings.intervalMs,
    timeout_ms: settings.timeoutMs,
    command_timeout_ms: settings.commandTimeoutMs,
    soak_ms: settings.soakMs,
  };
}

/** What the journal says; null where it says nothing, or nothing that can be followed. */
export function parseService(value: JsonValue | undefined): ServiceSettings | null {
  if (value === undefined || !isJsonObject(value)) return null;
  const probes = parseProbes(value['probes']);
  const { handover } = value;
  if (probes === null || (handover !== 'restart' && handover !== 'stop-first')) return null;
  return {
    restartCommand: textOrNull(value['restart_command']),
    handover,
    stopCommand: textOrNull(value['stop_command']),
    startCommand: textOrNull(value['start_command']),
    probes,
    attempts: countOr(value['attempts'], NO_SERVICE.attempts),
    intervalMs: countOr(value['interval_ms'], NO_SERVICE.intervalMs),
    timeoutMs: countOr(value['timeout_ms'], NO_SERVICE.timeoutMs),
    commandTimeoutMs: countOr(value['command_timeout_ms'], NO_SERVICE.commandTimeoutMs),
    soakMs: countOr(value['soak_ms'], NO_SERVICE.soakMs),
  };
}

function parseProbes(value: JsonValue | undefined): readonly Probe[] | null {
  if (!Array.isArray(value)) return null;
  const probes = value.map(parseProbe);
  return probes.every((probe) => probe !== null) ? probes : null;
}

function parseProbe(value: JsonValue): Probe | null {
  if (!isJsonObject(value)) return null;
  const { kind, url, command } = value;
  if ((kind === 'http' || kind === 'openai') && typeof url === 'string' && URL.canParse(url))
    return { kind, url };
  if (kind === 'command' && typeof command === 'string') return { kind, command };
  return null;
}

function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function countOr(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}

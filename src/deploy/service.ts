/**
 * Makes the server of a target load what the link points to, and believes it only once every probe was answered well, and
 * for as long as the soak lasts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted, type OnProgress } from '../core/index.ts';
import { runCommand } from '../system/index.ts';
import { DeployFailure } from './error.ts';
import { askProbe, describeProbe, type ProbeAnswer, type ProbedRelease } from './probe.ts';
import { restartCommandOf, type Probe, type ServiceSettings } from './service-settings.ts';

export interface ServedRelease extends ProbedRelease {
  readonly targetPath: string;
  readonly releasePath: string;
}

export interface ServiceOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** What came of restarting and probing. */
export type ServiceReport = {
  readonly restarted: boolean;
  /** How many probes were answered well, each at least once. */
  readonly probes: number;
  /** Until every probe had been answered well, from the restart on; null without probes. */
  readonly ready_ms: number | null;
  readonly soak_ms: number;
  /** Whether the server said that it runs this very release; most servers do not say. */
  readonly model: 'expected' | 'not stated' | null;
  /** The last answer to each probe. */
  readonly answers: readonly ServiceAnswer[];
};

export type ServiceAnswer = {
  readonly asked: string;
  readonly answer: string;
  readonly duration_ms: number;
};

/** Restarts and probes. Throws `DEPLOY_RESTART_FAILED`, `DEPLOY_PROBE_FAILED`, `CORE_INTERRUPTED`. */
export async function serveRelease(
  settings: ServiceSettings,
  release: ServedRelease,
  options: ServiceOptions = {},
): Promise<ServiceReport> {
  const { signal } = options;
  const startedMs = performance.now();
  const command = restartCommandOf(settings);
  if (command !== null) await runServiceCommand(command, { settings, release, options });
  const answers = new Map<Probe, WellAnswer>();
  for (const probe of settings.probes)
    answers.set(probe, await waitUntilWell(probe, { settings, release, options }));
  const models = new Set([...answers.values()].map(({ model }) => model));
  const readyMs = Math.round(performance.now() - startedMs);
  await soak({ settings, release, options }, answers);
  throwIfAborted(signal);
  return {
    restarted: command !== null,
    probes: settings.probes.length,
    ready_ms: settings.probes.length === 0 ? null : readyMs,
    soak_ms: settings.soakMs,
    model: models.has('expected') ? 'expected' : models.has('not stated') ? 'not stated' : null,
    answers: [...answers].map(([probe, { what, durationMs }]) => ({
      asked: describeProbe(probe),
      answer: what,
      duration_ms: Math.round(durationMs),
    })),
  };
}

/** Stops the server before a load test that has no memory beside it. Throws `DEPLOY_RESTART_FAILED`. */
export async function stopServer(
  settings: ServiceSettings,
  release: ServedRelease,
  options: ServiceOptions = {},
): Promise<void> {
  if (settings.stopCommand !== null)
    await runServiceCommand(settings.stopCommand, { settings, release, options });
}

type WellAnswer = Extract<ProbeAnswer, { kind: 'well' }>;

interface Work {
  readonly settings: ServiceSettings;
  readonly release: ServedRelease;
  readonly options: ServiceOptions;
}

async function runServiceCommand(command: string, { settings, release, options }: Work): Promise<void> {
  const { commandTimeoutMs: timeoutMs } = settings;
  const { signal } = options;
  say(options, `Running: ${command}`);
  const end = await runCommand(command, { timeoutMs, signal, env: environmentOf(release) });
  throwIfAborted(signal);
  if (end.exitCode === 0) return;
  throw new DeployFailure(
    'DEPLOY_RESTART_FAILED',
    `The command for the server failed: ${command} (${end.reason}).`,
    { details: { command, expected: 'exit code 0', received: end.reason } },
  );
}

async function waitUntilWell(probe: Probe, work: Work): Promise<WellAnswer> {
  const { settings, options } = work;
  let answer: ProbeAnswer | null = null;
  for (let attempt = 1; attempt <= settings.attempts; attempt += 1) {
    if (attempt > 1) await pause(settings.intervalMs, options.signal);
    if (attempt === 2) say(options, `Waiting for ${describeProbe(probe)}`);
    answer = await ask(probe, work);
    if (answer.kind === 'well') return answer;
  }
  throw probeFailed(probe, answer, `after ${settings.attempts} attempts`);
}

/** Every probe, round after round: one bad answer is enough. */
async function soak({ settings, release, options }: Work, answers: Map<Probe, WellAnswer>): Promise<void> {
  if (settings.soakMs === 0 || settings.probes.length === 0) return;
  say(options, `Watching the server for ${Math.round(settings.soakMs / 1000)} s`);
  const endsMs = performance.now() + settings.soakMs;
  for (;;) {
    const leftMs = endsMs - performance.now();
    if (leftMs <= 0) return;
    await pause(Math.min(leftMs, Math.max(settings.intervalMs, 1)), options.signal);
    for (const probe of settings.probes) {
      const answer = await ask(probe, { settings, release, options });
      if (answer.kind === 'unwell') throw probeFailed(probe, answer, 'while it was being watched');
      answers.set(probe, answer);
    }
  }
}

async function ask(probe: Probe, { settings, release, options }: Work): Promise<ProbeAnswer> {
  const { timeoutMs, commandTimeoutMs } = settings;
  const answer = await askProbe(probe, {
    expected: release,
    timeoutMs,
    commandTimeoutMs,
    env: environmentOf(release),
    signal: options.signal,
  });
  throwIfAborted(options.signal);
  return answer;
}

/** What a command of the operator's may want to know. */
function environmentOf(release: ServedRelease): Readonly<Record<string, string>> {
  return {
    MILTON_TARGET: release.targetPath,
    MILTON_RELEASE: release.releasePath,
    MILTON_VERSION: release.version,
    MILTON_SHA256: release.artifactSha256,
  };
}

function probeFailed(probe: Probe, answer: ProbeAnswer | null, when: string): DeployFailure {
  const reason = answer?.kind === 'unwell' ? answer.reason : 'it was never asked';
  return new DeployFailure(
    'DEPLOY_PROBE_FAILED',
    `The server did not come up well: ${describeProbe(probe)}: ${reason} (${when}).`,
    { details: { probe: describeProbe(probe), expected: expectationOf(probe), received: reason } },
  );
}

function expectationOf(probe: Probe): string {
  switch (probe.kind) {
    case 'http':
      return 'HTTP status 200, from a server that runs this release';
    case 'openai':
      return 'a model in its list and a completion of one token';
    case 'command':
      return 'exit code 0';
  }
}

/** The interrupt is told by whoever looks next. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  throwIfAborted(signal);
}

function say({ onProgress }: ServiceOptions, message: string): void {
  onProgress?.({ kind: 'step', step: 'service', message });
}

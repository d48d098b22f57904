/** One llama-server in a contained process, on a loopback port of its own: started, waited for, asked, ended. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { z } from 'zod';

import { decodeUtf8, escapeText } from '../core/index.ts';
import {
  describeMissing,
  findFreePort,
  readPeakResidentBytes,
  readProcessCpuMs,
  requestHttp,
  spawnContained,
  type ContainedChild,
  type HttpAnswer,
} from '../system/index.ts';
import { EngineFailure } from './error.ts';
import { MAX_PORT_ATTEMPTS, MAX_SERVER_ANSWER_BYTES, SERVER_BASELINE_BYTES } from './limits.ts';
import { lastLines, toEndFailure, type CallFacts } from './llama-cpp-failures.ts';
import { serverEnvironment } from './server-binary.ts';
import { isPortTaken, toStartFailure } from './server-failures.ts';
import { errorReply, modelsReply } from './server-protocol.ts';
import type { EngineLimits } from './types.ts';

export interface ServerProcess {
  /** The name that the server was told to answer with: what bears another one is not its answer. */
  readonly alias: string;
  readonly baseUrl: string;
  readonly vocabularySize: number;
  readonly missingProtections: readonly string[];
  /** GET, or POST where there is something to send. Throws what `LoadedModel` says, and `ENGINE_ANSWER_INVALID`. */
  ask<T>(page: string, schema: z.ZodType<T>, json?: object): Promise<Answered<T>>;
  /**
   * Questions that somebody else asks at `baseUrl`, each within the time for one. Throws what `work` does, and what
   * `LoadedModel` says where that was because the process ended.
   */
  during<T>(work: () => Promise<T>): Promise<T>;
  peakResidentBytes(): Promise<number>;
  /** Time on a processor, of all threads together. */
  cpuMs(): Promise<number>;
  close(): Promise<void>;
}

export interface Answered<T> {
  readonly value: T;
  /** As seen from here, until the whole answer was read. */
  readonly durationMs: number;
}

export interface ServerProcessOptions {
  readonly binaryPath: string;
  /** The flags of the server but for its address and its name. */
  readonly flags: readonly string[];
  /** The model, for messages. */
  readonly path: string;
  readonly limits: EngineLimits;
  readonly signal: AbortSignal | undefined;
  /** Not nice: what is measured is measured as it will run. */
  readonly keepsPriority?: boolean;
}

/** Gives the server once it is healthy and is known to be ours. Throws what `Engine.load` does. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const server = await startOn(await findFreePort(), options);
    const started = await server.settle();
    if (started.kind === 'ready') return started.process;
    await server.child.kill();
    if (started.kind === 'refused') throw started.failure;
    if (attempt >= MAX_PORT_ATTEMPTS) throw portsTaken(options, attempt);
  }
}

type Settled =
  | { readonly kind: 'ready'; readonly process: ServerProcess }
  | { readonly kind: 'port-taken' }
  | { readonly kind: 'refused'; readonly failure: unknown };

interface StartedServer {
  readonly child: ContainedChild;
  settle(): Promise<Settled>;
}

async function startOn(
  port: number,
  { binaryPath, flags, path, limits, signal, keepsPriority = false }: ServerProcessOptions,
): Promise<StartedServer> {
  const alias = `milton-${randomUUID()}`;
  const address = ['--host', '127.0.0.1', '--port', String(port), '--alias', alias];
  const child = await spawnContained(
    { kind: 'command', command: binaryPath, args: [...address, ...flags] },
    {
      limits: { dataBytes: limits.memoryBytes + SERVER_BASELINE_BYTES, wallMs: limits.wallMs },
      env: serverEnvironment(),
      keepsPriority,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const call = caller(child, { port, path, limits });
  return {
    child,
    async settle() {
      const facts: CallFacts = { action: 'load', path, limits };
      if (!(await isHealthy(child, port))) {
        const end = await child.ended;
        if (isPortTaken(child.stderrTail())) return { kind: 'port-taken' };
        return { kind: 'refused', failure: toStartFailure(end, facts, child.stderrTail()) };
      }
      try {
        const { value } = await call.ask('/v1/models', modelsReply);
        const [model] = value.data;
        child.setDeadline(null);
        if (model?.id === alias) {
          return { kind: 'ready', process: { ...call, alias, vocabularySize: model.meta.n_vocab } };
        }
        // Another program had the port: ours is about to say so and end.
        await Promise.race([child.ended, sleep(CLASH_MS, undefined, { ref: false })]);
        if (isPortTaken(child.stderrTail())) return { kind: 'port-taken' };
        return { kind: 'refused', failure: answerOfAnother(path, alias, model?.id ?? '') };
      } catch (failure) {
        return isPortTaken(child.stderrTail()) ? { kind: 'port-taken' } : { kind: 'refused', failure };
      }
    },
  };
}

/** False once the process has ended; its time limit ends it. 503 is "still loading", and nobody may be listening yet. */
async function isHealthy(child: ContainedChild, port: number): Promise<boolean> {
  const ended = child.ended.then(() => 'ended' as const);
  const url = new URL(`http://127.0.0.1:${port}/health`);
  for (;;) {
    const answer = await Promise.race([ended, requestHttp(url, { timeoutMs: 5000, maxBytes: 65_536 })]);
    if (answer === 'ended') return false;
    if (answer.kind === 'answered' && answer.status === 200) return true;
    if ((await Promise.race([ended, sleep(HEALTH_INTERVAL_MS)])) === 'ended') return false;
  }
}

type Caller = Omit<ServerProcess, 'alias' | 'vocabularySize'>;

function caller(
  child: ContainedChild,
  { port, path, limits }: { readonly port: number; readonly path: string; readonly limits: EngineLimits },
): Caller {
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();
  const exchange = async <T>(page: string, schema: z.ZodType<T>, json?: object): Promise<Answered<T>> => {
    if (closed) throw closedFailure(path);
    child.setDeadline(limits.wallMs);
    const asked = requestHttp(new URL(`http://127.0.0.1:${port}${page}`), {
      // The process is ended at its deadline; this only keeps a socket from waiting for ever.
      timeoutMs: limits.wallMs + SOCKET_GRACE_MS,
      maxBytes: MAX_SERVER_ANSWER_BYTES,
      ...(json !== undefined && { json: JSON.stringify(json) }),
    });
    let answer = await Promise.race([asked, child.ended]);
    // A connection that breaks often breaks because the process is just ending: its end says why.
    if (answer.kind === 'failed') answer = await Promise.race([child.ended, sleep(END_GRACE_MS, answer)]);
    child.setDeadline(null);
    if (answer.kind !== 'answered' && answer.kind !== 'failed') {
      if (closed) throw closedFailure(path);
      throw toEndFailure(answer, { action: 'run', path, limits }, child.stderrTail());
    }
    return toAnswered(answer, schema, { page, path, stderr: child.stderrTail() });
  };
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    missingProtections: child.missingProtections.map(describeMissing),
    async during(work) {
      if (closed) throw closedFailure(path);
      child.setDeadline(limits.wallMs);
      try {
        return await work();
      } catch (error) {
        if (!isLostConnection(error)) throw error;
        const end = await Promise.race([child.ended, sleep(END_GRACE_MS, null, { ref: false })]);
        if (end === null) throw error;
        if (closed) throw closedFailure(path);
        throw toEndFailure(end, { action: 'run', path, limits }, child.stderrTail());
      } finally {
        child.setDeadline(null);
      }
    },
    ask: (page, schema, json) => {
      const answer = turn.then(async () => exchange(page, schema, json));
      turn = answer.catch(() => {});
      return answer;
    },
    peakResidentBytes: async () => (child.pid === null ? 0 : readPeakResidentBytes(child.pid)),
    cpuMs: async () => (child.pid === null ? 0 : readProcessCpuMs(child.pid)),
    close: async () => {
      closed = true;
      await child.kill();
    },
  };
}

function isLostConnection(error: unknown): boolean {
  return (
    error instanceof EngineFailure &&
    (error.code === 'ENGINE_SERVER_DISCONNECTED' || error.code === 'ENGINE_SERVER_UNREACHABLE')
  );
}

interface Place {
  readonly page: string;
  readonly path: string;
  readonly stderr: string;
}

function toAnswered<T>(answer: HttpAnswer, schema: z.ZodType<T>, place: Place): Answered<T> {
  if (answer.kind === 'failed') throw invalid(place, 'a whole answer', answer.reason);
  const { status, body, durationMs } = answer;
  const value = parse(body);
  if (status === 400) throw requestRefused(place, errorReply.safeParse(value).data?.error.message);
  if (status !== 200) {
    const said = errorReply.safeParse(value).data?.error.message;
    throw invalid(place, 'status 200', `status ${status}${said === undefined ? '' : `: ${said}`}`);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return { value: checked.data, durationMs };
  const [issue] = checked.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.join('.');
  throw invalid(place, 'an answer of its protocol', `${field}: ${issue?.message ?? 'no JSON'}`);
}

/** Undefined where it is no JSON. */
function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(body)) as unknown;
  } catch {
    return undefined;
  }
}

function requestRefused({ path }: Place, reason = 'the server gave no reason'): EngineFailure {
  return new EngineFailure(
    'ENGINE_REQUEST_INVALID',
    `${escapeText(path)} cannot answer: ${escapeText(reason, 300)}.`,
    { details: { path } },
  );
}

function invalid({ page, path, stderr }: Place, expected: string, received: string): EngineFailure {
  const seen = escapeText(received, 300);
  return new EngineFailure(
    'ENGINE_ANSWER_INVALID',
    `The server that runs ${escapeText(path)} did not answer ${page} as llama-server does: expected ${expected}, got ${seen}.`,
    { details: { path, expected, received: seen, last_words: lastLines(stderr) } },
  );
}

/** What answers bears another name than the one that our server was given. */
export function answerOfAnother(path: string, expected: string, received: string): EngineFailure {
  return new EngineFailure(
    'ENGINE_ANSWER_INVALID',
    `The server does not answer for ${escapeText(path)}, but for ${escapeText(received, 300)}.`,
    { details: { path, expected, received: escapeText(received, 300) } },
  );
}

function portsTaken({ path }: ServerProcessOptions, attempts: number): EngineFailure {
  return new EngineFailure(
    'ENGINE_CRASHED',
    `The server that was to load ${escapeText(path)} found ${attempts} ports taken that had just been free.`,
    { details: { path, expected: 'a free port on loopback', received: `${attempts} taken ones` } },
  );
}

function closedFailure(path: string): EngineFailure {
  return new EngineFailure('ENGINE_CLOSED', 'The model was asked after it had been closed.', {
    details: { path },
  });
}

const HEALTH_INTERVAL_MS = 50;
/** A server that lost its port says so before it loads anything. */
const CLASH_MS = 2000;
const SOCKET_GRACE_MS = 10_000;
const END_GRACE_MS = 1000;

/** The parent's end of the conversation with one contained process: one question at a time, each within the time limit. */
import type { z } from 'zod';

import type { Failure, JsonObject } from '../core/index.ts';
import { describeMissing, spawnContained } from '../system/index.ts';
import { EngineFailure } from './error.ts';
import { ENGINE_BASELINE_BYTES } from './limits.ts';
import { toEndFailure, toProblemFailure, type CallFacts } from './llama-cpp-failures.ts';
import { numberedPart, numberedReply, type ChildRequest, type NumberedReply } from './llama-cpp-protocol.ts';
import type { EngineLimits } from './types.ts';

export interface ModelProcess {
  readonly missingProtections: readonly string[];
  /** Sends the request and checks the reply. Throws what `LoadedModel` says. */
  ask<T>(request: ChildRequest, schema: z.ZodType<T>, options?: AskOptions): Promise<T>;
  /** Fulfilled once the process has ended, with the reason: `ENGINE_CLOSED` where it was closed. */
  readonly died: Promise<Failure>;
  close(): Promise<void>;
}

export interface AskOptions {
  /** Gets the pieces of an answer, in order, before the reply. */
  readonly onText?: ((text: string) => void) | undefined;
  /** Asks for no more of the answer; the reply still comes, and says so. */
  readonly signal?: AbortSignal | undefined;
  readonly wallMs?: number | undefined;
}

export interface ModelProcessOptions {
  readonly modulePath: string | URL;
  /** The model, for messages. */
  readonly path: string;
  readonly limits: EngineLimits;
  readonly signal: AbortSignal | undefined;
  readonly isService?: boolean;
  readonly keepsPriority?: boolean;
}

export async function startModelProcess({
  modulePath,
  path,
  limits,
  signal,
  isService = false,
  keepsPriority = isService,
}: ModelProcessOptions): Promise<ModelProcess> {
  const child = await spawnContained(
    { kind: 'module', modulePath },
    {
      limits: { dataBytes: limits.memoryBytes + ENGINE_BASELINE_BYTES, wallMs: limits.wallMs },
      isService,
      keepsPriority,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const waiting = new Map<number, (reply: NumberedReply) => void>();
  const listening = new Map<number, (text: string) => void>();
  child.onMessage((message) => {
    const part = numberedPart.safeParse(message);
    if (part.success) {
      listening.get(part.data.id)?.(part.data.text);
      return;
    }
    const reply = numberedReply.safeParse(message);
    // A message that is no reply answers nobody; the time limit ends the wait.
    if (!reply.success) return;
    waiting.get(reply.data.id)?.(reply.data);
  });

  let lastId = 0;
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();

  const died = (async (): Promise<Failure> => {
    const end = await child.ended;
    if (closed) return closedFailure(path);
    return toEndFailure(end, { action: 'run', path, limits }, child.stderrTail());
  })();

  const exchange = async <T>(
    request: ChildRequest,
    schema: z.ZodType<T>,
    { onText, signal: cancelled, wallMs = limits.wallMs }: AskOptions,
  ): Promise<T> => {
    if (closed) throw closedFailure(path);
    const action = request.kind.startsWith('load') ? 'load' : 'run';
    const facts: CallFacts = { action, path, limits: { ...limits, wallMs } };
    const id = (lastId += 1);
    const replied = new Promise<NumberedReply>((resolve) => waiting.set(id, resolve));
    if (onText !== undefined) listening.set(id, onText);
    const cancel = (): void => child.send({ cancel: id });
    child.setDeadline(wallMs);
    child.send({ id, request: { ...request } as JsonObject });
    cancelled?.addEventListener('abort', cancel, { once: true });
    if (cancelled?.aborted === true) cancel();
    const reply = await Promise.race([replied, child.ended]);
    cancelled?.removeEventListener('abort', cancel);
    waiting.delete(id);
    listening.delete(id);
    child.setDeadline(null);
    if ('kind' in reply) {
      throw closed ? closedFailure(path) : toEndFailure(reply, facts, child.stderrTail());
    }
    if (!reply.ok) throw toProblemFailure(reply, facts);
    const value = schema.safeParse(reply.value);
    if (value.success) return value.data;
    throw toProblemFailure(
      { problem: 'unexpected', message: `its answer is malformed (${value.error.message})`, log: [] },
      facts,
    );
  };

  return {
    missingProtections: child.missingProtections.map(describeMissing),
    died,
    ask: (request, schema, options = {}) => {
      const answer = turn.then(async () => exchange(request, schema, options));
      turn = answer.catch(() => {});
      return answer;
    },
    close: async () => {
      closed = true;
      await child.kill();
    },
  };
}

function closedFailure(path: string): EngineFailure {
  return new EngineFailure('ENGINE_CLOSED', 'The model was asked after it had been closed.', {
    details: { path },
  });
}

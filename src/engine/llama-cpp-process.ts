/** The parent's end of the conversation with one contained process: one question at a time, each within the time limit. */
import type { z } from 'zod';

import { describeMissing, spawnContained } from '../system/index.ts';
import { EngineFailure } from './error.ts';
import { ENGINE_BASELINE_BYTES } from './limits.ts';
import { toEndFailure, toProblemFailure, type CallFacts } from './llama-cpp-failures.ts';
import { numberedReply, type ChildRequest, type NumberedReply } from './llama-cpp-protocol.ts';
import type { EngineLimits } from './types.ts';

export interface ModelProcess {
  readonly missingProtections: readonly string[];
  /** Sends the request and checks the reply. Throws what `LoadedModel` says. */
  ask<T>(request: ChildRequest, schema: z.ZodType<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ModelProcessOptions {
  readonly modulePath: string | URL;
  /** The model, for messages. */
  readonly path: string;
  readonly limits: EngineLimits;
  readonly signal: AbortSignal | undefined;
}

export async function startModelProcess({
  modulePath,
  path,
  limits,
  signal,
}: ModelProcessOptions): Promise<ModelProcess> {
  const child = await spawnContained(
    { kind: 'module', modulePath },
    {
      limits: { dataBytes: limits.memoryBytes + ENGINE_BASELINE_BYTES, wallMs: limits.wallMs },
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const waiting = new Map<number, (reply: NumberedReply) => void>();
  child.onMessage((message) => {
    const reply = numberedReply.safeParse(message);
    // A message that is no reply answers nobody; the time limit ends the wait.
    if (!reply.success) return;
    waiting.get(reply.data.id)?.(reply.data);
  });

  let lastId = 0;
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();

  const exchange = async <T>(request: ChildRequest, schema: z.ZodType<T>): Promise<T> => {
    if (closed) throw closedFailure(path);
    const facts: CallFacts = { action: request.kind === 'load' ? 'load' : 'run', path, limits };
    const id = (lastId += 1);
    const replied = new Promise<NumberedReply>((resolve) => waiting.set(id, resolve));
    child.setDeadline(limits.wallMs);
    child.send({ id, request: { ...request } });
    const reply = await Promise.race([replied, child.ended]);
    waiting.delete(id);
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
    ask: (request, schema) => {
      const answer = turn.then(async () => exchange(request, schema));
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

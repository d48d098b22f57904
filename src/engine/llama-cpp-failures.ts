/** Says what went wrong in the contained process: the reason it gave, or the way it ended, with its last words. */
import { CoreFailure, escapeText, formatBytes, formatDuration, type JsonObject } from '../core/index.ts';
import type { ContainedEnd } from '../system/index.ts';
import { EngineFailure, type EngineCode } from './error.ts';
import type { ChildProblem } from './llama-cpp-protocol.ts';
import type { EngineLimits } from './types.ts';

export interface CallFacts {
  /** What it was doing, as a verb: `load`, `run`. */
  readonly action: string;
  readonly path: string;
  readonly limits: EngineLimits;
}

export function notInstalled(reason: string): EngineFailure {
  return new EngineFailure(
    'ENGINE_NOT_INSTALLED',
    `The engine node-llama-cpp, which runs models, cannot be used: ${reason}.`,
    {
      hint: 'It is optional because it is large, and whatever runs a model needs it. Install it beside milton-edge with: npm install -g node-llama-cpp@3.22.1',
      details: { expected: 'node-llama-cpp 3.22.1', received: reason },
    },
  );
}

/** A problem that the process told of. */
export function toProblemFailure(
  {
    problem,
    message,
    log,
  }: { readonly problem: ChildProblem; readonly message: string; readonly log: readonly string[] },
  { action, path, limits }: CallFacts,
): EngineFailure {
  const reason = escapeText(message.trim().replace(/\.$/, ''));
  const name = escapeText(path);
  const details: JsonObject = { path, engine_log: log.map((line) => escapeText(line)) };
  switch (problem) {
    case 'not-installed':
      return notInstalled(reason);
    case 'load-failed':
      return new EngineFailure('ENGINE_LOAD_FAILED', `llama.cpp refused to load ${name}: ${reason}.`, {
        hint: `See what is wrong with the file with: milton gguf check ${name}`,
        details: { ...details, received: reason },
      });
    case 'out-of-memory':
      return outOfMemory(reason, { action, path, limits }, details);
    case 'logits-invalid':
      return new EngineFailure(
        'ENGINE_LOGITS_INVALID',
        `${name} answers with numbers that make no distribution: ${reason}.`,
        {
          details: { ...details, expected: 'probabilities that add up to 1', received: reason },
        },
      );
    case 'request-invalid':
      return new EngineFailure('ENGINE_REQUEST_INVALID', `${name} cannot answer: ${reason}.`, {
        details: { path, received: reason },
      });
    case 'chat-unsupported':
      return new EngineFailure('ENGINE_CHAT_UNSUPPORTED', `${name} cannot be asked in messages: ${reason}.`, {
        details: { path, received: reason },
      });
    case 'grammar-invalid':
      return new EngineFailure(
        'ENGINE_GRAMMAR_INVALID',
        `The grammar that an answer was to follow cannot be read: ${reason}.`,
        { details: { ...details, expected: 'GBNF with a rule named root', received: reason } },
      );
    case 'unexpected':
      return new EngineFailure('ENGINE_CRASHED', `llama.cpp could not ${action} ${name}: ${reason}.`, {
        details: { ...details, received: reason },
      });
  }
}

/** The end of the process while an answer was awaited. `stderr` is what it printed last. */
export function toEndFailure(
  end: ContainedEnd,
  facts: CallFacts,
  stderr: string,
): EngineFailure | CoreFailure {
  const { action, path, limits } = facts;
  const name = escapeText(path);
  const lastWords = lastLines(stderr);
  const details: JsonObject = { path, last_words: lastWords };
  const crashed = (how: string): EngineFailure =>
    fail('ENGINE_CRASHED', `The process that was to ${action} ${name} ${how}${quote(lastWords)}.`, {
      ...details,
      received: how,
    });
  switch (end.kind) {
    case 'cancelled':
      return new CoreFailure(
        'CORE_INTERRUPTED',
        `Interrupted; the process that was to ${action} ${name} has been ended.`,
      );
    case 'timed-out':
      return fail(
        'ENGINE_TIMED_OUT',
        `The process that was to ${action} ${name} had not answered after ${formatDuration(end.limitMs)} and was killed.`,
        { ...details, expected: `an answer within ${limits.wallMs} ms`, received: 'none' },
      );
    case 'out-of-memory':
      return outOfMemory(escapeText(end.evidence), facts, details);
    case 'signalled':
      return crashed(`was ended by ${end.signal}`);
    case 'exited':
      return crashed(`ended with exit code ${end.code}`);
    case 'not-started':
      return crashed(`could not be started (${escapeText(end.reason)})`);
  }
}

function outOfMemory(
  reason: string,
  { action, path, limits }: CallFacts,
  details: JsonObject,
): EngineFailure {
  return fail(
    'ENGINE_OUT_OF_MEMORY',
    `The process that was to ${action} ${escapeText(path)} ran out of memory: ${reason}.`,
    {
      ...details,
      expected: `at most ${formatBytes(limits.memoryBytes)} beside what the engine itself takes`,
      received: reason,
    },
  );
}

function fail(code: EngineCode, message: string, details: JsonObject): EngineFailure {
  return new EngineFailure(code, message, { details });
}

export function lastLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-MAX_LAST_LINES).map((line) => escapeText(line.trim()));
}

function quote(lines: readonly string[]): string {
  // The last line is often a stack's; the one that says why comes before.
  const line =
    lines.findLast((text) => /error|assert|fail|abort|terminate|fatal/i.test(text)) ?? lines.at(-1);
  return line === undefined ? '' : ` after saying "${line}"`;
}

const MAX_LAST_LINES = 8;

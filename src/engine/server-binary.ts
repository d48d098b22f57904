/** What kind of llama-server a file is, asked of the file itself, in a contained process: its version and the flags it knows. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';

import { CoreFailure, escapeText, messageOf } from '../core/index.ts';
import { spawnContained, type ContainedEnd } from '../system/index.ts';
import { EngineFailure } from './error.ts';
import { MAX_VERSION_TEXT, SERVER_BASELINE_BYTES, SERVER_QUESTION_MS } from './limits.ts';

export interface ServerBinary {
  readonly path: string;
  /** `8999 (b97ebdc98)`: build number and commit, as `--version` prints them. */
  readonly version: string;
  /** Whether its help names the flag. */
  knows(flag: string): boolean;
}

export interface ExamineOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Throws `ENGINE_BINARY_INVALID`, `CORE_INTERRUPTED`. */
export async function examineServerBinary(
  path: string,
  { signal }: ExamineOptions = {},
): Promise<ServerBinary> {
  const version = await readServerVersion(path, { signal });
  const { text: help } = await ask(path, '--help', signal);
  const known = new Set(help.match(/(?<![\w-])--[a-z][a-z0-9-]*/g));
  return { path, version, knows: (flag) => known.has(flag) };
}

/** Throws `ENGINE_BINARY_INVALID`, `CORE_INTERRUPTED`. */
export async function readServerVersion(path: string, { signal }: ExamineOptions = {}): Promise<string> {
  await assertExecutable(path);
  const said = await ask(path, '--version', signal);
  const version = /^version: (\S.*)$/m.exec(said.text)?.[1]?.trim();
  if (version === undefined) {
    throw invalid(path, 'a line "version: …" from --version', describeAnswer(said));
  }
  return escapeText(version, MAX_VERSION_TEXT);
}

/**
 * Our environment without what llama.cpp would read from it: every `LLAMA_…` variable stands for a flag (one of them could
 * name another model, or a network), and a token is nothing to hand to a load test.
 */
export function serverEnvironment(
  names: readonly string[] = Object.keys(process.env),
): Readonly<Record<string, string | undefined>> {
  const unwanted = names.filter((name) => /^(?:LLAMA_|HF_|HUGGING_?FACE|MODEL_ENDPOINT$)/.test(name));
  return Object.fromEntries(unwanted.map((name) => [name, undefined]));
}

async function assertExecutable(path: string): Promise<void> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw invalid(path, 'an executable file', 'no regular file');
    await access(path, constants.X_OK);
  } catch (error) {
    if (error instanceof EngineFailure) throw error;
    throw invalid(path, 'an executable file', messageOf(error), error);
  }
}

interface Said {
  readonly text: string;
  readonly end: ContainedEnd;
}

async function ask(path: string, flag: string, signal: AbortSignal | undefined): Promise<Said> {
  const child = await spawnContained(
    { kind: 'command', command: path, args: [flag] },
    {
      limits: { dataBytes: SERVER_BASELINE_BYTES, wallMs: SERVER_QUESTION_MS },
      env: serverEnvironment(),
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const end = await child.ended;
  if (end.kind === 'cancelled') {
    throw new CoreFailure('CORE_INTERRUPTED', `Interrupted while ${escapeText(path)} was asked ${flag}.`);
  }
  // Builds differ in which of the two they print to.
  return { text: `${child.stdoutTail()}\n${child.stderrTail()}`, end };
}

function describeAnswer({ text, end }: Said): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '');
  const words = line === undefined ? 'nothing' : `"${escapeText(line.trim(), 120)}"`;
  switch (end.kind) {
    case 'exited':
      return `${words} and exit code ${end.code}`;
    case 'timed-out':
      return `${words} within ${end.limitMs} ms`;
    case 'signalled':
      return `${words} and its end by ${end.signal}`;
    case 'not-started':
      return escapeText(end.reason);
    case 'out-of-memory':
      return `${words}, then it ran out of memory`;
    case 'cancelled':
      return words;
  }
}

function invalid(path: string, expected: string, received: string, cause?: unknown): EngineFailure {
  return new EngineFailure(
    'ENGINE_BINARY_INVALID',
    `${escapeText(path)} cannot be used as llama-server: expected ${expected}, got ${escapeText(received, 300)}.`,
    { details: { path, expected, received: escapeText(received, 300) }, cause },
  );
}

/** The load test of the operator's own: a command that is run contained, and what it says of what it measured. */
import {
  escapeText,
  formatDuration,
  isJsonObject,
  messageOf,
  parseJson,
  throwIfAborted,
  type JsonValue,
} from '../core/index.ts';
import { describeMissing, readMemory, spawnContained, type ContainedEnd } from '../system/index.ts';
import { DeployFailure } from './error.ts';
import type { LoadTester } from './load-tester.ts';

export interface CommandTest {
  readonly tester: Extract<LoadTester, { kind: 'command' }>;
  /** `MILTON_…`, about what is to be tested. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** What the command printed, where it printed an object; each null where that does not say. */
export interface CommandFigures {
  readonly tokens_per_second: number | null;
  readonly time_to_first_token_ms: number | null;
  readonly engine: string | null;
  readonly engine_version: string | null;
}

export interface CommandTestResult extends CommandFigures {
  readonly durationMs: number;
  readonly missingProtections: readonly string[];
}

/** Throws `DEPLOY_LOAD_TEST_COMMAND`, `DEPLOY_LOAD_TEST_FIGURES`, `CORE_INTERRUPTED`. */
export async function runCommandTest({ tester, env, signal }: CommandTest): Promise<CommandTestResult> {
  const { command, timeoutMs } = tester;
  const startMs = performance.now();
  const child = await spawnContained(
    { kind: 'command', command: '/bin/sh', args: ['-c', command] },
    {
      // Nobody knows what it needs; what the machine can spare is what it may take.
      limits: { dataBytes: (await readMemory()).availableBytes, wallMs: timeoutMs },
      env,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const end = await child.ended;
  throwIfAborted(signal);
  if (end.kind !== 'exited' || end.code !== 0)
    throw refused(end, tail(child.stdoutTail(), child.stderrTail()));
  return {
    ...parseFigures(child.stdoutTail()),
    durationMs: Math.round(performance.now() - startMs),
    missingProtections: child.missingProtections.map(describeMissing),
  };
}

const NOTHING: CommandFigures = {
  tokens_per_second: null,
  time_to_first_token_ms: null,
  engine: null,
  engine_version: null,
};

/**
 * Output that begins like an object must be one of these four fields, so that a misspelt one is not passed over; any other
 * output is for people. Throws `DEPLOY_LOAD_TEST_FIGURES`.
 */
export function parseFigures(stdout: string): CommandFigures {
  if (!stdout.trimStart().startsWith('{')) return NOTHING;
  const value = parseObject(stdout);
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(NOTHING, key));
  if (unknown !== undefined) {
    throw wrongFigures(`one of ${Object.keys(NOTHING).join(', ')}`, `the field ${unknown}`);
  }
  return {
    tokens_per_second: amount(value, 'tokens_per_second'),
    time_to_first_token_ms: amount(value, 'time_to_first_token_ms'),
    engine: name(value, 'engine'),
    engine_version: name(value, 'engine_version'),
  };
}

function parseObject(stdout: string): Readonly<Record<string, JsonValue>> {
  let value: JsonValue;
  try {
    value = parseJson(stdout.trim(), { name: 'what the command printed' });
  } catch (cause) {
    throw wrongFigures('one JSON object', messageOf(cause), cause);
  }
  if (isJsonObject(value)) return value;
  throw wrongFigures('one JSON object', 'something else');
}

function amount(value: Readonly<Record<string, JsonValue>>, key: keyof CommandFigures): number | null {
  const found = value[key] ?? null;
  if (found === null) return null;
  if (typeof found === 'number' && found > 0) return Math.round(found * 100) / 100;
  throw wrongFigures(`a number above 0 as ${key}`, JSON.stringify(found));
}

function name(value: Readonly<Record<string, JsonValue>>, key: keyof CommandFigures): string | null {
  const found = value[key] ?? null;
  if (found === null) return null;
  if (typeof found === 'string' && found.trim() !== '' && found.length <= MAX_NAME_LENGTH) return found;
  throw wrongFigures(`a text of at most ${MAX_NAME_LENGTH} characters as ${key}`, JSON.stringify(found));
}

function refused(end: ContainedEnd, lines: readonly string[]): DeployFailure {
  const how = describeEnd(end);
  const words = lines.at(-1);
  return new DeployFailure(
    'DEPLOY_LOAD_TEST_COMMAND',
    `The load test command ${how}${words === undefined ? '' : `; it said "${words}"`}.`,
    { details: { expected: 'exit code 0', received: how, last_words: [...lines] } },
  );
}

function describeEnd(end: ContainedEnd): string {
  switch (end.kind) {
    case 'exited':
      return `ended with exit code ${end.code}`;
    case 'signalled':
      return `was ended by ${end.signal}`;
    case 'timed-out':
      return `had not ended after ${formatDuration(end.limitMs)} and was killed`;
    case 'out-of-memory':
      return `ran out of memory (${escapeText(end.evidence, 200)})`;
    case 'cancelled':
      return 'was interrupted';
    case 'not-started':
      return `could not be started (${escapeText(end.reason, 200)})`;
  }
}

/** The last lines that it printed: what went wrong stands on standard error, if anywhere. */
function tail(stdout: string, stderr: string): readonly string[] {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-MAX_LINES).map((line) => escapeText(line.trim(), 300));
}

function wrongFigures(expected: string, received: string, cause?: unknown): DeployFailure {
  const seen = escapeText(received, 200);
  return new DeployFailure(
    'DEPLOY_LOAD_TEST_FIGURES',
    `What the load test command printed cannot be read: expected ${expected}, got ${seen}.`,
    { details: { expected, received: seen }, cause },
  );
}

const MAX_NAME_LENGTH = 200;
const MAX_LINES = 20;

/** What every command gets and what it gives back. A command never prints: it returns a document and a text. */
import type { Failure, JsonObject, OnProgress, Warning } from '../core/index.ts';
import type { Clock, StateDirectory } from '../system/index.ts';
import type { TextStyle } from './text-style.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A stream that text is written to: standard output or standard error. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface OutputMode {
  /** One JSON document on standard output, and nothing else there. */
  readonly json: boolean;
  /** No progress, notices or warnings on standard error. */
  readonly quiet: boolean;
  /** Causes and stacks of what failed. */
  readonly verbose: boolean;
}

export interface CommandContext {
  readonly version: string;
  readonly env: Environment;
  readonly clock: Clock;
  readonly state: StateDirectory;
  readonly mode: OutputMode;
  /** Fires at Ctrl-C, SIGTERM and SIGHUP; its reason is a `Failure`. */
  readonly signal: AbortSignal;
  /** While this work runs, no signal ends the process: what puts a target back must not be cut short. */
  shield<T>(work: () => Promise<T>): Promise<T>;
  /** For jobs that leave nothing half done: the second signal ends the process, not the third. */
  endAtSecondSignal(): void;
  readonly onProgress: OnProgress;
  /** Of standard error, for notices of several lines. */
  readonly errorStyle: TextStyle;
  /** A line for whoever watches, on standard error, now. */
  notice(text: string): void;
  /** A warning that must be seen before the work starts; it joins those of the result. */
  warn(warning: Warning): void;
}

export type Lines = readonly string[];

export interface CommandResult {
  /** Printed with `--json`, after `ok: true`. Snake_case. */
  readonly json: JsonObject;
  /** Printed without `--json`; a function where it needs colours, a table or the width. */
  readonly text: Lines | ((style: TextStyle) => Lines | Promise<Lines>);
  /** Shown on standard error, and under `warnings` of the document. */
  readonly warnings?: readonly Warning[];
  /** The job is refused, and there is something to show all the same: printed after the text; under `error` in the document. */
  readonly failure?: Failure;
}

/**
 * `options` are the command's own flags as commander parsed them, `args` its operands; `behind` are those of them that stood
 * behind `--`.
 */
export type Handler<Options> = (
  context: CommandContext,
  options: Options,
  args: readonly string[],
  behind: readonly string[],
) => Promise<CommandResult>;

/** Makes a handler the action of a command. */
export type Perform = <Options extends object>(handler: Handler<Options>) => (...args: unknown[]) => void;

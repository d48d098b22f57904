/**
 * The one shape of everything that ends a job: a permanent code, both sides of the mismatch, the state things
 * are in now, and the next step. Rooms own a catalogue of codes; the documentation is generated from it.
 */
import type { JsonObject } from './json.ts';

/** 1 failed, nothing changed · 2 usage · 3 refused · 4 rolled back · 5 needs a person · 70 internal · 130 interrupted. */
export type ExitCode = 1 | 2 | 3 | 4 | 5 | 70 | 130;

/** What became of the thing that was being changed. */
export type Aftermath = 'unchanged' | 'rolled-back' | 'partial';

/** What is always true of a code, whatever the case: the row of `docs/errors.md`. */
export interface FailureSpec {
  readonly exitCode: ExitCode;
  /** One sentence for the documentation: when this code appears. */
  readonly summary: string;
  /** The next command or edit, unless the case knows a better one. */
  readonly hint: string;
  readonly aftermath?: Aftermath;
}

export type FailureCatalogue<Code extends string = string> = Readonly<Record<Code, FailureSpec>>;

export interface FailureOptions {
  readonly hint?: string;
  readonly aftermath?: Aftermath;
  /** Flat and JSON-safe where possible; `expected`, `received` and `target` are printed under these names. */
  readonly details?: JsonObject;
  readonly cause?: unknown;
}

/** What `--json` prints under `error`. */
export interface FailureReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly aftermath: Aftermath | null;
  readonly details: JsonObject;
}

export abstract class Failure<Code extends string = string> extends Error {
  readonly code: Code;
  readonly exitCode: ExitCode;
  #hint: string;
  #aftermath: Aftermath | null;
  #details: JsonObject;

  protected constructor(
    catalogue: FailureCatalogue<Code>,
    code: Code,
    message: string,
    options: FailureOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const spec = catalogue[code];
    this.name = new.target.name;
    this.code = code;
    this.#hint = options.hint ?? spec.hint;
    this.#aftermath = options.aftermath ?? spec.aftermath ?? null;
    this.#details = options.details ?? {};
    this.exitCode = spec.exitCode;
  }

  get hint(): string {
    return this.#hint;
  }

  get aftermath(): Aftermath | null {
    return this.#aftermath;
  }

  get details(): JsonObject {
    return this.#details;
  }

  /**
   * Adds what only an outer layer knows: the state that the target is in, a better next step. What the failure said
   * itself is kept; returns the same failure.
   */
  inContext({ hint, aftermath, details = {} }: Omit<FailureOptions, 'cause'>): this {
    this.#hint = hint ?? this.#hint;
    this.#aftermath = aftermath ?? this.#aftermath;
    this.#details = { ...details, ...this.#details };
    return this;
  }

  toReport(): FailureReport {
    return {
      code: this.code,
      message: this.message,
      hint: this.hint,
      aftermath: this.aftermath,
      details: this.details,
    };
  }
}

/** The message of anything thrown, for wrapping. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for a system error (`ENOENT`, `EACCES` …) with one of the given codes. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && (codes.length === 0 || codes.includes(error.code));
}

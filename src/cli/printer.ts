/** The one place that writes to the terminal: results, warnings and failures, for people or as one JSON document. */
import {
  escapeText,
  formatJson,
  type Failure,
  type JsonObject,
  type JsonValue,
  type Warning,
} from '../core/index.ts';
import type { CommandResult, Environment, Output, OutputMode } from './context.ts';
import { textStyle, type TextStyle } from './text-style.ts';

export interface PrinterOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  readonly mode: OutputMode;
  /** False for `--no-color`. */
  readonly color: boolean;
}

export interface Printer {
  readonly errorStyle: TextStyle;
  /** `said`: warnings that are printed already. */
  result(result: CommandResult, said?: readonly Warning[]): Promise<void>;
  failure(failure: Failure): Promise<void>;
  /** A failure of standard output itself: said on standard error, with `--json` too. */
  lost(failure: Failure): Promise<void>;
  notice(text: string): void;
  warning(warning: Warning): void;
}

export async function createPrinter({ stdout, stderr, env, mode, color }: PrinterOptions): Promise<Printer> {
  const outStyle = await textStyle(stdout, { env, color });
  const errorStyle = await textStyle(stderr, { env, color });
  const writeLines = (stream: Output, lines: readonly string[]): void => {
    if (lines.length > 0) stream.write(`${lines.join('\n')}\n`);
  };
  /** `found`: what the job found out, where it came that far. */
  const fail = async (failure: Failure, found: JsonObject): Promise<void> => {
    if (mode.json) {
      stdout.write(toPrintableJson({ ok: false, ...found, error: { ...failure.toReport() } }));
      if (!mode.verbose) return;
    }
    await printer.lost(failure);
  };
  const printer: Printer = {
    errorStyle,
    async result(result, said = []) {
      const warnings = result.warnings ?? [];
      for (const warning of warnings) printer.warning(warning);
      const { failure } = result;
      if (!mode.json) {
        writeLines(stdout, typeof result.text === 'function' ? await result.text(outStyle) : result.text);
      } else if (failure === undefined) {
        stdout.write(toPrintableJson({ ok: true, ...result.json, warnings: toJson([...said, ...warnings]) }));
      }
      if (failure !== undefined) await fail(failure, result.json);
    },
    failure: (failure) => fail(failure, {}),
    async lost(failure) {
      const { failureText } = await import('./failure-text.ts');
      writeLines(stderr, failureText(failure, { colors: errorStyle.colors, verbose: mode.verbose }));
    },
    notice(text) {
      if (!mode.quiet) stderr.write(`${text}\n`);
    },
    warning: (warning) => printer.notice(warningText(warning, errorStyle)),
  };
  return printer;
}

function warningText({ code, message }: Warning, { colors }: TextStyle): string {
  return `${colors.yellow('warning')} ${colors.bold(code)}: ${escapeText(message, 1000)}`;
}

function toJson(warnings: readonly Warning[]): JsonValue {
  return warnings.map(({ code, message }) => ({ code, message }));
}

/** JSON escapes the control characters below U+0020 only; a terminal obeys others too. The document stays the same. */
function toPrintableJson(value: JsonValue): string {
  return formatJson(value).replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

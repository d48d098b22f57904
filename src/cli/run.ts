/** One run of the command: understand the arguments, do the job, print the outcome, name the exit code. Never throws. */
import { CommanderError, type Command } from 'commander';
import { isErrno, messageOf, type Failure, type Warning } from '../core/index.ts';
import { resolveStateDirectory, type Clock } from '../system/index.ts';
import type { CommandContext, CommandResult, Environment, Output } from './context.ts';
import { CliFailure, toFailure } from './error.ts';
import { guessGlobalOptions, readGlobalOptions, type GlobalOptions } from './global-options.ts';
import { createPrinter, type Printer } from './printer.ts';
import { buildProgram, type Job } from './program.ts';
import { createProgress } from './progress.ts';
import { listenForInterrupts, type SignalSource } from './signals.ts';

/** A stream of a process: an error arrives as an event. */
export interface ProcessOutput extends Output {
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

export interface MiltonProcess {
  readonly version: string;
  readonly stdout: ProcessOutput;
  readonly stderr: ProcessOutput;
  readonly env: Environment;
  readonly clock: Clock;
  readonly signals: SignalSource;
  /** Ends the process at once: somebody insisted. */
  readonly onGiveUp: () => void;
}

/** `args`: without node and script. Resolves to the exit code. */
export async function runMilton(args: readonly string[], host: MiltonProcess): Promise<number> {
  const lost = watchOutputs(host);
  const chosen = await chooseJob(args, host);
  const printer = await createPrinter({ ...host, mode: chosen.options, color: chosen.options.color });
  const exitCode = await finish(chosen, host, printer);
  // A failed write is told as an event, a turn after the write.
  await new Promise((resolve) => setImmediate(resolve));
  const error = lost();
  if (error === null) return exitCode;
  await printer.lost(new CliFailure('CLI_OUTPUT_LOST', `Cannot write to standard output: ${error.message}.`));
  return exitCode === 0 ? 1 : exitCode;
}

type Chosen =
  | { readonly kind: 'job'; readonly job: Job; readonly options: GlobalOptions }
  | { readonly kind: 'help'; readonly text: string; readonly options: GlobalOptions }
  | { readonly kind: 'refused'; readonly failure: Failure; readonly options: GlobalOptions };

async function chooseJob(args: readonly string[], host: MiltonProcess): Promise<Chosen> {
  const jobs: Job[] = [];
  let help = '';
  const program = buildProgram({
    args,
    columns: host.stdout.isTTY === true ? Math.min(host.stdout.columns || 80, 100) : 100,
    choose: (job) => jobs.push(job),
    onHelp: (text) => (help += text),
  });
  let asked = args;
  try {
    if (args.includes('help')) {
      const { helpAsOption } = await import('./help-as-option.ts');
      asked = await helpAsOption(program, args);
    }
    await parse(program, asked);
    const job = jobs[0];
    if (job !== undefined) return { kind: 'job', job, options: readGlobalOptions(job.command) };
  } catch (error) {
    const options = guessGlobalOptions(args);
    if (!(error instanceof CommanderError)) return { kind: 'refused', failure: toFailure(error), options };
    if (error.exitCode !== 0) {
      const { toUsageFailure } = await import('./usage.ts');
      return { kind: 'refused', failure: toUsageFailure(error, program, asked), options };
    }
  }
  return { kind: 'help', text: help, options: guessGlobalOptions(args) };
}

/** Without a command, commander would print its help and fail: the bare command has its own answer. */
async function parse(program: Command, args: readonly string[]): Promise<void> {
  const { operands, unknown } = program.parseOptions([...args]);
  const bare = operands.length === 0 && unknown.length === 0;
  await program.parseAsync(bare ? [...args, 'overview'] : [...args], { from: 'user' });
}

async function finish(chosen: Chosen, host: MiltonProcess, printer: Printer): Promise<number> {
  switch (chosen.kind) {
    case 'help':
      await printer.result({ json: { help: chosen.text }, text: chosen.text.trimEnd().split('\n') });
      return 0;
    case 'refused':
      await printer.failure(chosen.failure);
      return chosen.failure.exitCode;
    case 'job':
      return runJob(chosen.job, chosen.options, host, printer);
  }
}

async function runJob(
  job: Job,
  options: GlobalOptions,
  host: MiltonProcess,
  printer: Printer,
): Promise<number> {
  const progress = createProgress({
    stream: host.stderr,
    env: host.env,
    quiet: options.quiet,
    colors: printer.errorStyle.colors,
    nowMs: () => performance.now(),
  });
  const notice = (text: string): void => {
    progress.stop();
    printer.notice(text);
  };
  const said: Warning[] = [];
  const interrupts = listenForInterrupts(host.signals, { onNotice: notice, onGiveUp: host.onGiveUp });
  const context: CommandContext = {
    version: host.version,
    env: host.env,
    clock: host.clock,
    state: resolveStateDirectory({ flag: options.stateDir, env: host.env }),
    mode: options,
    signal: interrupts.signal,
    shield: interrupts.shield,
    endAtSecondSignal: () => interrupts.endAtSecond(),
    onProgress: progress.onProgress,
    errorStyle: printer.errorStyle,
    notice,
    warn(warning) {
      said.push(warning);
      progress.stop();
      printer.warning(warning);
    },
  };
  try {
    const result: CommandResult = await job.run(context);
    progress.stop();
    await printer.result(result, said);
    return result.failure?.exitCode ?? 0;
  } catch (error) {
    progress.stop();
    const failure = toFailure(error);
    await printer.failure(failure);
    return failure.exitCode;
  } finally {
    interrupts.dispose();
  }
}

/** A reader that went away (`| head`) is no fault, and must not end a job half way; a full disk is one. */
function watchOutputs({ stdout, stderr }: MiltonProcess): () => Error | null {
  let lost: Error | null = null;
  stdout.on?.('error', (error) => {
    if (!isErrno(error, 'EPIPE')) lost = new Error(messageOf(error));
  });
  stderr.on?.('error', () => undefined);
  return () => lost;
}

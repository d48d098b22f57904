/** The tree of commands. Building it loads no command: each is defined by its own file once it is asked for. */
import { Command, type Argument } from 'commander';
import { COMMANDS } from './command-table.ts';
import type { CommandContext, CommandResult, Handler, Perform } from './context.ts';
import { addGlobalOptions } from './global-options.ts';
import { addLazyCommands } from './lazy-command.ts';

/** A command that was asked for, with its options and operands bound. */
export interface Job {
  readonly command: Command;
  readonly run: (context: CommandContext) => Promise<CommandResult>;
}

export interface ProgramOptions {
  /** The command line that will be parsed: commander does not tell which operands stood behind `--`. */
  readonly args?: readonly string[];
  /** The width of help texts. */
  readonly columns: number;
  readonly choose: (job: Job) => void;
  readonly onHelp: (text: string) => void;
}

export function buildProgram({ args: line = [], columns, choose, onHelp }: ProgramOptions): Command {
  const perform: Perform =
    <Options extends object>(handler: Handler<Options>) =>
    (...args: unknown[]) => {
      const command = args.at(-1) as Command;
      const { args: operands } = command;
      const behind = findBehind(line, operands);
      choose({ command, run: (context) => handler(context, command.opts<Options>(), operands, behind) });
    };
  const program = new Command('milton')
    .description('From several candidate language models to the best one live on the edge device.')
    .usage('[options] <command>')
    .option('-V, --version', 'print the version')
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureHelp({
      helpWidth: columns,
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    .configureOutput({ writeOut: onHelp, writeErr: () => undefined, outputError: () => undefined })
    .addHelpText('after', EXAMPLES);
  addLazyCommands(program, COMMANDS, perform);
  addGlobalOptions(program);
  return program;
}

/** What stands behind the first `--` that ends the options: operands, to the last word. */
function findBehind(line: readonly string[], operands: readonly string[]): readonly string[] {
  const at = line.indexOf('--');
  if (at < 0) return [];
  const words = line.slice(at + 1);
  const last = operands.slice(operands.length - words.length);
  return words.every((word, index) => word === last[index]) ? words : [];
}

function argumentTerm(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

const EXAMPLES = `
Examples:
  $ milton demo                                  see it work, offline
  $ milton models register v1 --gguf model.gguf  tell it about a model
  $ milton deploy --target-path /srv/llm         choose, verify, test, go live
  $ milton rollback --target-path /srv/llm       and back`;

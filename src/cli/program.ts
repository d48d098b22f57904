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
  /** The width of help texts. */
  readonly columns: number;
  readonly choose: (job: Job) => void;
  readonly onHelp: (text: string) => void;
}

export function buildProgram({ columns, choose, onHelp }: ProgramOptions): Command {
  const perform: Perform =
    <Options extends object>(handler: Handler<Options>) =>
    (...args: unknown[]) => {
      const command = args.at(-1) as Command;
      choose({ command, run: (context) => handler(context, command.opts<Options>(), command.args) });
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

function argumentTerm(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

const EXAMPLES = `
Examples:
  $ milton demo                                  see it work, offline
  $ milton models register v1 --gguf model.gguf  tell it about a model
  $ milton deploy --target-path /srv/llm         choose, verify, test, go live
  $ milton rollback --target-path /srv/llm       and back`;

/** The tree of commands. Building it loads none of the rooms that do the work: each command imports what it needs. */
import { Command, type Argument } from 'commander';
import { addBundleCommands } from './commands/bundle.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDeployCommand } from './commands/deploy.ts';
import { addDeploymentsCommand } from './commands/deployments.ts';
import { addGgufCommands } from './commands/gguf.ts';
import { addModelsCommands } from './commands/models.ts';
import { addOverviewCommand } from './commands/overview.ts';
import { addRollbackCommand } from './commands/rollback.ts';
import { addSelectCommand } from './commands/select.ts';
import { addStatusCommand } from './commands/status.ts';
import type { CommandContext, CommandResult, Handler, Perform } from './context.ts';
import { addGlobalOptions } from './global-options.ts';

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
  addOverviewCommand(program, perform);
  addModelsCommands(program, perform);
  addGgufCommands(program, perform);
  addSelectCommand(program, perform);
  addBundleCommands(program, perform);
  addDeployCommand(program, perform);
  addRollbackCommand(program, perform);
  addStatusCommand(program, perform);
  addDeploymentsCommand(program, perform);
  addDemoCommand(program, perform);
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

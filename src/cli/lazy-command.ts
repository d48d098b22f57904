/** A command that stands in the tree by its name and one line; the file that defines the rest is loaded when it is asked for. */
import { Command } from 'commander';
import type { Perform } from './context.ts';
import { addGlobalOptions } from './global-options.ts';

export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Where it takes an operand: lists of commands show it. */
  readonly argument?: readonly [name: string, description: string];
  /** No list of commands shows it. */
  readonly isHidden?: boolean;
  readonly load: () => Promise<DefineCommand>;
}

/** Gives a command its options and its action, or the commands below it. */
export type DefineCommand = (command: Command, perform: Perform) => void;

export function addLazyCommands(parent: Command, entries: readonly CommandEntry[], perform: Perform): void {
  for (const entry of entries) {
    const command = new LazyCommand(entry, perform).copyInheritedSettings(parent);
    parent.addCommand(command, { hidden: entry.isHidden === true });
  }
  parent.hook('preSubcommand', (_parent, command) => completeCommand(command));
}

/** The parser does this before it enters a command; whoever looks below one without parsing does it first. */
export async function completeCommand(command: Command): Promise<void> {
  if (command instanceof LazyCommand) await command.complete();
}

class LazyCommand extends Command {
  readonly #perform: Perform;
  #load: CommandEntry['load'] | null;

  constructor({ name, description, argument, load }: CommandEntry, perform: Perform) {
    super(name);
    this.description(description);
    if (argument !== undefined) this.argument(...argument);
    this.#perform = perform;
    this.#load = load;
  }

  async complete(): Promise<void> {
    const load = this.#load;
    if (load === null) return;
    this.#load = null;
    const define = await load();
    define(this, this.#perform);
    finish(this);
  }
}

/** Last, so that the help of a command begins with what is its own. */
function finish(command: Command): void {
  addGlobalOptions(command);
  for (const child of command.commands) {
    if (!(child instanceof LazyCommand)) finish(child);
  }
}

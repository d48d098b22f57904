/** `help bundle create` and `bundle help create` as `bundle create --help`: asking for help never runs a command. */
import type { Command } from 'commander';
import { completeCommand } from './lazy-command.ts';

/**
 * Commander's own help command sees one level, no options, and nothing of a command that is not loaded. For a name that is
 * no command the `--help` is left away, since it would keep the parser from refusing.
 */
export async function helpAsOption(level: Command, args: readonly string[]): Promise<readonly string[]> {
  const { operands, unknown } = level.parseOptions([...args]);
  const [name = '', ...words] = operands;
  if (name !== 'help') {
    const group = await findBelow(level, name);
    if (group === undefined || group.commands.length === 0) return args;
    // A group parses for itself what follows its name.
    const at = args.length - unknown.length;
    return [...args.slice(0, at), ...(await helpAsOption(group, args.slice(at)))];
  }
  // From the help command on, everything counts as an operand.
  const rest = args.toSpliced(args.length - operands.length, 1);
  const firstOption = words.findIndex((word) => word.startsWith('-'));
  const names = words.slice(0, firstOption === -1 ? undefined : firstOption);
  return (await areCommands(level, names)) ? withHelp(rest) : helpAsOption(level, rest);
}

/** After a `--` it would be an operand, and the command would run. */
function withHelp(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return args.toSpliced(end === -1 ? args.length : end, 0, '--help');
}

/** Asked for one name after the other; what follows a command without others below it are its operands. */
async function areCommands(top: Command, names: readonly string[]): Promise<boolean> {
  let level = top;
  for (const name of names) {
    if (level.commands.length === 0) return true;
    const child = await findBelow(level, name);
    if (child === undefined) return false;
    level = child;
  }
  return true;
}

async function findBelow(level: Command, name: string): Promise<Command | undefined> {
  const child = level.commands.find((command) => command.name() === name || command.aliases().includes(name));
  if (child !== undefined) await completeCommand(child);
  return child;
}

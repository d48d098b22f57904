/** What commander refuses, as a failure like any other: both sides where there are two, and the help to read next. */
import type { Command, CommanderError } from 'commander';
import { escapeText } from '../core/index.ts';
import { CliFailure } from './error.ts';

export function toUsageFailure(error: CommanderError, program: Command, args: readonly string[]): CliFailure {
  const command = findCommand(program, args);
  const name = fullName(command);
  // `commander.help`: a group of commands was named without one of them.
  if (error.code === 'commander.help') {
    const verbs = command.commands.map((child) => child.name()).join(' · ');
    return new CliFailure('CLI_USAGE', `"${name}" needs one of its commands.`, {
      hint: `One of: ${verbs}\n${name} --help explains them.`,
    });
  }
  return new CliFailure('CLI_USAGE', toSentence(error.message), {
    hint:
      command === program
        ? 'milton --help lists the commands.'
        : `${name} --help shows what it takes, with an example.`,
  });
}

function findCommand(program: Command, args: readonly string[]): Command {
  let command = program;
  for (const arg of args) {
    if (arg.startsWith('-')) continue;
    const child = command.commands.find(
      (candidate) => candidate.name() === arg || candidate.aliases().includes(arg),
    );
    if (child === undefined) break;
    command = child;
  }
  return command;
}

function fullName(command: Command): string {
  const names: string[] = [];
  for (let level: Command | null = command; level !== null; level = level.parent) names.unshift(level.name());
  return names.join(' ');
}

/** `error: unknown option '--jsn'\n(Did you mean --json?)` → `Unknown option '--jsn' (did you mean --json?).` */
function toSentence(message: string): string {
  const text = escapeText(
    message
      .replace(/^error: /, '')
      .replace(/\n\(Did/, ' (did')
      .replaceAll('\n', ' '),
  );
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { completeCommand } from '../../../src/cli/lazy-command.ts';
import { buildProgram } from '../../../src/cli/program.ts';

async function leaves(command: Command): Promise<Command[]> {
  await completeCommand(command);
  if (command.commands.length === 0) return [command];
  return (await Promise.all(command.commands.map(leaves))).flat();
}

const nameOf = (command: Command): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;

async function helpOf(command: Command): Promise<string> {
  let help = '';
  const program = buildProgram({ columns: 100, choose: () => undefined, onHelp: (text) => (help += text) });
  await program
    .parseAsync([...nameOf(command).split(' ').slice(1), '--help'], { from: 'user' })
    .catch(() => undefined);
  return help;
}

const program = buildProgram({ columns: 100, choose: () => undefined, onHelp: () => undefined });
const commands = [program, ...(await leaves(program))];

describe('buildProgram', () => {
  it('has all commands, each below its group', () => {
    expect(commands.map(nameOf)).toEqual(
      expect.arrayContaining(['milton demo', 'milton bundle create', 'milton models register']),
    );
    expect(commands.length).toBeGreaterThan(20);
  });

  it.each(commands.map((command) => [nameOf(command), command] as const))(
    '%s explains itself',
    async (name, command) => {
      const help = await helpOf(command);
      expect(command.description()).not.toBe('');
      expect(help).toMatch(/\nExamples?:\n {2}\$ milton/);
      expect(help).toContain(name === 'milton overview' ? '$ milton' : `$ ${name}`);
      for (const flag of ['--json', '--quiet', '--verbose', '--state-dir <dir>', '--no-color', '--help']) {
        expect(help).toContain(flag);
      }
      expect(help.split('\n').filter((line) => line.length > (line.startsWith('  $') ? 80 : 100))).toEqual(
        [],
      );
    },
  );
});

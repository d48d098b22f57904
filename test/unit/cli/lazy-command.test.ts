import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addLazyCommands, completeCommand } from '../../../src/cli/lazy-command.ts';
import type { Perform } from '../../../src/cli/context.ts';

const perform: Perform = () => () => undefined;

/** A tree of two commands that remembers which of them were loaded, and what ran. */
function tree() {
  const loaded: string[] = [];
  const ran: string[] = [];
  const program = new Command('top').exitOverride();
  const entry = (name: string) => ({
    name,
    description: `About ${name}.`,
    argument: ['[file]', 'a file'] as const,
    load: async () => {
      loaded.push(name);
      return (command: Command) =>
        void command.option('--own', 'its own').action(() => {
          ran.push(name);
        });
    },
  });
  addLazyCommands(program, [entry('one'), entry('two')], perform);
  return { program, loaded, ran };
}

describe('addLazyCommands', () => {
  it('lists the commands without loading any', () => {
    const { program, loaded } = tree();
    expect(program.helpInformation()).toMatch(/one .*\[file\] +About one\.\n +two .*About two\./);
    expect(loaded).toEqual([]);
  });

  it('loads the one that is asked for, before its options are read', async () => {
    const { program, loaded, ran } = tree();
    await program.parseAsync(['two', '--own', 'x'], { from: 'user' });
    expect({ loaded, ran }).toEqual({ loaded: ['two'], ran: ['two'] });
    expect(program.commands[1]?.opts()).toMatchObject({ own: true });
  });

  it('loads none for a name that is misspelt, and suggests all the same', async () => {
    const { program, loaded } = tree();
    program.configureOutput({ writeErr: () => undefined });
    await expect(program.parseAsync(['tow'], { from: 'user' })).rejects.toThrow(
      /did you mean (one of: )?.*two/is,
    );
    expect(loaded).toEqual([]);
  });
});

describe('completeCommand', () => {
  it('loads a command once, and puts its own options before those of every command', async () => {
    const { program, loaded } = tree();
    const [one = program] = program.commands;
    await completeCommand(one);
    await completeCommand(one);
    expect(loaded).toEqual(['one']);
    expect(one.options.map(({ long }) => long)).toEqual([
      '--own',
      '--json',
      '--quiet',
      '--verbose',
      '--state-dir',
      '--no-color',
    ]);
  });

  it('leaves an ordinary command as it is', async () => {
    const command = new Command('plain');
    await completeCommand(command);
    expect(command.options).toEqual([]);
  });
});

/** `milton bench suite …`: what models are asked. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { quoteWord } from '../../core/index.ts';
import type { Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { shown } from '../text-style.ts';

export function defineBenchSuite(suite: Command, perform: Perform): void {
  suite.addHelpText('after', '\nExample:\n  $ milton bench suite init ./suite');
  suite
    .command('init')
    .argument('<dir>', 'a folder that holds no suite; it is made where it is missing', parsePath)
    .description('Write a small example suite to start from. Overwrites nothing.')
    .addHelpText('after', '\nExample:\n  $ milton bench suite init ./suite')
    .action(
      perform(async (_context, _options, [dir = '']) => {
        const { initSuite } = await import('../../bench/index.ts');
        const directory = resolve(dir);
        const files = await initSuite(directory);
        const next = `milton bench --suite ${quoteWord(dir)}`;
        return {
          json: { suite: directory, files: [...files], next },
          text: ({ colors, facts }) => [
            `${colors.green('written')}  ${shown(directory)}`,
            ...facts([
              ['files', files.map((file) => shown(file.slice(directory.length + 1))).join(', ')],
              ['next', colors.cyan(next)],
            ]),
          ],
        };
      }),
    );
}

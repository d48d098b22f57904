/** The options that every command takes, before or after its name, and reading them back. */
import { Option, type Command } from 'commander';
import { parsePath } from './option-values.ts';

export interface GlobalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** False for `--no-color`. */
  readonly color: boolean;
  readonly stateDir: string | undefined;
}

const GROUP = 'Options of every command:';

export function addGlobalOptions(command: Command): void {
  for (const option of globalOptions()) command.addOption(option.helpGroup(GROUP));
  command.addHelpOption(new Option('-h, --help', 'show this help').helpGroup(GROUP));
}

/** The values as given to this command or to one above it. */
export function readGlobalOptions(command: Command): GlobalOptions {
  const given = new Map<string, unknown>();
  for (let level: Command | null = command; level !== null; level = level.parent) {
    for (const [name, value] of Object.entries(level.opts())) {
      // `--no-color` gives every level a default of true, which must not hide what another level was told.
      if (level.getOptionValueSource(name) === 'cli' && !given.has(name)) given.set(name, value);
    }
  }
  const stateDir = given.get('stateDir');
  return {
    json: given.get('json') === true,
    quiet: given.get('quiet') === true,
    verbose: given.get('verbose') === true,
    color: given.get('color') !== false,
    stateDir: typeof stateDir === 'string' ? stateDir : undefined,
  };
}

/** The same, from a command line that could not be parsed: how to print the refusal. */
export function guessGlobalOptions(args: readonly string[]): GlobalOptions {
  const end = args.indexOf('--');
  const flags = end === -1 ? args : args.slice(0, end);
  return {
    json: flags.includes('--json'),
    quiet: flags.includes('--quiet'),
    verbose: flags.includes('--verbose'),
    color: !flags.includes('--no-color'),
    stateDir: undefined,
  };
}

function globalOptions(): Option[] {
  return [
    new Option('--json', 'print exactly one JSON document on standard output'),
    new Option('--quiet', 'no progress, notices or warnings'),
    new Option('--verbose', 'say more where something fails'),
    new Option(
      '--state-dir <dir>',
      'where registry, runs and bundles are kept (or MILTON_STATE_DIR)',
    ).argParser(parsePath),
    new Option('--no-color', 'no colours (or NO_COLOR)'),
  ];
}

import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { runMilton } from '../../../src/cli/run.ts';

const FRESH = '/nonexistent/milton';

async function run(args: readonly string[], { now = () => new Date(0) } = {}) {
  const written = { stdout: '', stderr: '' };
  const exitCode = await runMilton(args, {
    version: '1.2.3',
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    env: { MILTON_STATE_DIR: FRESH },
    clock: { now },
    signals: new EventEmitter(),
    onGiveUp: () => undefined,
  });
  return { exitCode, ...written };
}

describe('runMilton', () => {
  it('prints exactly one document with --json', async () => {
    const { exitCode, stdout, stderr } = await run(['--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, version: '1.2.3', state_dir: FRESH, warnings: [] });
    expect(stdout.endsWith('}\n')).toBe(true);
  });

  it('keeps the exit code of a failure', async () => {
    await expect(run(['models', 'rollback'])).resolves.toMatchObject({
      exitCode: expect.any(Number),
      stdout: '',
    });
    await expect(run(['models', 'show', 'v1'])).resolves.toMatchObject({ exitCode: 1 });
    await expect(run(['nothing'])).resolves.toMatchObject({ exitCode: 2 });
  });

  describe('when the command cannot be understood', () => {
    it.each([
      [['lst'], /Unknown command 'lst'/],
      [['models', 'lst'], /did you mean list\?/],
      [['models', 'list', '--jsn'], /did you mean --json\?/],
      [['models'], /"milton models" needs one of its commands/],
      [['models', 'show'], /Missing required argument 'version'/],
      [['models', 'show', 'a', 'b'], /Too many arguments/],
      [['models', 'list', '--state-dir'], /argument missing/],
      [['models', 'list', '--state-dir', ''], /an empty text names none/],
      [['--state-dir', '', 'help'], /an empty text names none/],
      [['help', 'lst'], /Unknown command 'lst'/],
      [['help', 'models', 'lst'], /Unknown command 'lst' \(did you mean list\?\)/],
      [['models', 'help', 'lst'], /Unknown command 'lst' \(did you mean list\?\)/],
      [['modles', 'list'], /Unknown command 'modles' \(did you mean models\?\)/],
      [['bundle', 'create', '--modle', 'x'], /did you mean --model\?/],
      [['gguf', 'inspect', 'x', '--context', '0'], /whole number of at least 1/],
      [['select', '--run', 'a', '--benchmark-file', 'b'], /cannot be used with/],
      [['bundle', 'create', 'v1', '--artifact', 'zip'], /Allowed choices are gguf, hf-distilled/],
      [['nothing\u001b[2J'], /nothing\\x1b\[2J/],
      [['bench', '--resume', '--version', 'v1'], /expected +--resume, and --benchmarks-dir at most/],
      [['bench', '--all', '--version', 'v1'], /cannot be used with/],
      [['bench', 'v1'], /takes no operand/],
      [['bench', '--engine', 'openai'], /Where is the server/],
      [['bench', '--engine', 'llama-server'], /Which llama-server/],
      [['bench', '--server-url', 'http://h'], /--server-url would change nothing/],
      [['bench', '--engine', 'openai', '--server-url', 'http://h', '--threads', '2'], /--threads would/],
      [['bench', '--served-as', 'v1'], /such as v1=/],
      [['bench', '--served-as', 'a=x', '--served-as', 'a=y'], /one name/],
      [['bench', '--', '-fa', 'on'], /-fa, on would change nothing/],
    ])('exits 2 for %j', async (args, words) => {
      const { exitCode, stdout, stderr } = await run(args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error CLI_USAGE: /);
      expect(stderr).toMatch(words);
      expect(stderr).toContain('fix');
    });
  });

  describe('when help is asked for as a command', () => {
    it.each([
      [['help'], []],
      [['help', 'bundle'], ['bundle']],
      [
        ['help', 'bundle', 'create'],
        ['bundle', 'create'],
      ],
      [
        ['bundle', 'help', 'create'],
        ['bundle', 'create'],
      ],
      [
        ['bundle', '--state-dir', 'help', 'help', 'create'],
        ['bundle', 'create'],
      ],
      [['--state-dir', 'help', 'help', 'select'], ['select']],
      // What stands behind a command is an operand of it, and must not make it run.
      [
        ['help', 'bundle', 'create', 'v1'],
        ['bundle', 'create'],
      ],
      [['help', 'demo', 'v1'], ['demo']],
      [['help', '--', 'demo'], []],
      [['bundle', 'help', '--', 'list'], ['bundle']],
    ])('%j says what --help says', async (args, command) => {
      const help = await run([...command, '--help']);
      expect(help).toMatchObject({ exitCode: 0, stderr: '' });
      await expect(run(args)).resolves.toEqual(help);
    });

    it.each([
      [['help', '--json'], []],
      [['--json', 'help'], []],
      [
        ['help', 'bundle', 'create', '--json'],
        ['bundle', 'create'],
      ],
      [['help', 'bundle', '--state-dir', 'x', '--json'], ['bundle']],
    ])('%j is the same document', async (args, command) => {
      const help = await run([...command, '--help', '--json']);
      expect(JSON.parse(help.stdout)).toMatchObject({ ok: true, help: expect.stringContaining('Usage:') });
      await expect(run(args)).resolves.toEqual(help);
    });
  });

  describe('when something happens that nobody foresaw', () => {
    const now = () => {
      throw new TypeError('the clock is broken');
    };

    it('says so in one sentence, and exits 70', async () => {
      const { exitCode, stdout, stderr } = await run(['select'], { now });
      expect({ exitCode, stdout }).toEqual({ exitCode: 70, stdout: '' });
      expect(stderr).toContain('error CLI_INTERNAL: Something unforeseen happened: the clock is broken');
      expect(stderr).not.toContain('    at ');
    });

    it('shows the stack with --verbose, and one document with --json', async () => {
      expect((await run(['select', '--verbose'], { now })).stderr).toMatch(
        /TypeError: the clock is broken\n.* at /,
      );
      const { stdout } = await run(['select', '--json'], { now });
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'CLI_INTERNAL' } });
    });
  });
});

import { describe, expect, it } from 'vitest';
import { CliFailure } from '../../../src/cli/error.ts';
import { createPrinter } from '../../../src/cli/printer.ts';

const QUIET = { json: false, quiet: true, verbose: false };
const TEXT = { ...QUIET, quiet: false };
const JSON_MODE = { ...TEXT, json: true };
const warning = { code: 'W', message: 'Careful\u001b[2J' };

async function printing(mode: typeof TEXT) {
  const written = { stdout: '', stderr: '' };
  const printer = await createPrinter({
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    env: {},
    mode,
    color: true,
  });
  return { printer, written };
}

describe('createPrinter', () => {
  it('prints text to people, and warnings beside it', async () => {
    const { printer, written } = await printing(TEXT);
    await printer.result({ json: {}, text: () => Promise.resolve(['one', 'two']), warnings: [warning] });
    expect(written).toEqual({ stdout: 'one\ntwo\n', stderr: 'warning W: Careful\\x1b[2J\n' });
  });

  it('prints one document with all warnings, those said before too', async () => {
    const { printer, written } = await printing(JSON_MODE);
    const said = { code: 'A', message: 'Before' };
    await printer.result({ json: { a: 1 }, text: ['never'], warnings: [warning] }, [said]);
    expect(JSON.parse(written.stdout)).toEqual({ ok: true, a: 1, warnings: [said, warning] });
  });

  it('escapes in a document what a terminal would obey, and leaves its meaning', async () => {
    const { printer, written } = await printing(JSON_MODE);
    const name = 'a\u009b2J\u202eb\u007f\u{e0001}é漢😀';
    await printer.result({ json: { name }, text: [] });
    expect(written.stdout).not.toMatch(/[\u007f-\u009f\p{Cf}]/u);
    expect(written.stdout).toContain('é漢😀');
    expect((JSON.parse(written.stdout) as { name: string }).name).toBe(name);
  });

  it('says nothing but results and failures with --quiet', async () => {
    const { printer, written } = await printing(QUIET);
    printer.notice('hello');
    await printer.result({ json: {}, text: ['result'], warnings: [warning] });
    expect(written).toEqual({ stdout: 'result\n', stderr: '' });
    await printer.failure(new CliFailure('CLI_USAGE', 'No.'));
    expect(written.stderr).toContain('error CLI_USAGE: No.');
  });

  it('says on standard error that standard output is lost, with --json and --quiet too', async () => {
    for (const mode of [TEXT, QUIET, JSON_MODE]) {
      const { printer, written } = await printing(mode);
      await printer.lost(new CliFailure('CLI_OUTPUT_LOST', 'Gone.'));
      expect(written.stdout).toBe('');
      expect(written.stderr).toContain('error CLI_OUTPUT_LOST: Gone.');
    }
  });

  it('prints a refusal after the text that explains it, and alone in a document', async () => {
    const result = { json: { a: 1 }, text: ['table'], failure: new CliFailure('CLI_USAGE', 'No.') };
    const people = await printing(TEXT);
    await people.printer.result(result);
    expect(people.written.stdout).toBe('table\n');
    expect(people.written.stderr).toContain('CLI_USAGE');
    const machine = await printing(JSON_MODE);
    await machine.printer.result(result);
    expect(JSON.parse(machine.written.stdout)).toMatchObject({ ok: false, error: { code: 'CLI_USAGE' } });
    expect(machine.written.stderr).toBe('');
  });
});

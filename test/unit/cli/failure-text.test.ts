import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { CliFailure } from '../../../src/cli/error.ts';
import { failureText } from '../../../src/cli/failure-text.ts';
import type { FailureOptions } from '../../../src/core/index.ts';

const colors = picocolors.createColors(false);
const text = (options: FailureOptions, verbose = false) =>
  failureText(new CliFailure('CLI_USAGE', 'It went wrong.', { hint: 'Do this.', ...options }), {
    colors,
    verbose,
  });

describe('failureText', () => {
  it('prints both sides, the state of the target and the next step', () => {
    const details = {
      expected: 'sha256:ab',
      received: 'sha256:9f',
      offset: 12,
      target: '/srv/llm',
      other: 1,
    };
    expect(text({ details, aftermath: 'unchanged' })).toEqual([
      'error CLI_USAGE: It went wrong.',
      '  expected   sha256:ab',
      '  received   sha256:9f',
      '  offset     12',
      '  target     unchanged; nothing was written to /srv/llm',
      '  fix        Do this.',
    ]);
  });

  it.each([
    ['unchanged', {}, '  state      unchanged'],
    ['rolled-back', { target: '/srv/llm' }, '  target     /srv/llm was put back to what it was'],
    ['partial', {}, '  target     the target is in between: a person has to look'],
  ] as const)('says what became of it: %s', (aftermath, details, line) => {
    expect(text({ aftermath, details })[1]).toBe(line);
  });

  it('makes hostile details harmless, and aligns the lines of a hint', () => {
    expect(text({ details: { received: 'a\u001b[2J' }, hint: 'One.\nTwo.' }).slice(1)).toEqual([
      '  received   a\\x1b[2J',
      '  fix        One.',
      '             Two.',
    ]);
  });

  it('lists every field that is wrong in place of the two sides of the first', () => {
    const wrong_fields = ['a: expected text, received 3', 'b\u001b: expected a number, received nothing'];
    expect(text({ details: { expected: 'text', received: '3', wrong_fields } }).slice(1, 4)).toEqual([
      '  wrong      a: expected text, received 3',
      '             b\\x1b: expected a number, received nothing',
      '  fix        Do this.',
    ]);
  });

  it('names the failures below it, and everything else with --verbose', () => {
    const inner = new CliFailure('CLI_INTERNAL', 'Deeper.', { cause: new Error('deepest') });
    expect(text({ cause: inner })).toContain('  because    CLI_INTERNAL: Deeper.');
    expect(text({ cause: inner }).join('\n')).not.toContain('deepest');
    const verbose = text({ cause: inner }, true).join('\n');
    expect(verbose).toContain('because    deepest');
    expect(verbose).toMatch(/\n {2}Error: deepest\n {2} {4}at /);
    expect(text({ cause: new Error('a\u001b[2J') }, true).join('')).not.toContain('\u001b');
  });

  it('ends where causes go in a circle', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(text({ cause: circle }, true).filter((line) => line.includes('because'))).toHaveLength(1);
  });
});

import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { toLauncherArguments } from '../../../src/system/contained-launcher.ts';

describe('toLauncherArguments', () => {
  it('hands the command over word by word, so that no shell reads it', () => {
    expect(toLauncherArguments('the-mark', ['$(false)', "it's"]).slice(2)).toEqual([
      'sh',
      'the-mark',
      '1000',
      '$(false)',
      "it's",
    ]);
  });

  it('leaves the standing of a service with the out-of-memory killer as it is', () => {
    expect(toLauncherArguments('the-mark', ['true'], { isService: true }).slice(2)).toEqual([
      'sh',
      'the-mark',
      '',
      'true',
    ]);
  });

  it('is a script that the shell accepts', () => {
    const [, script = ''] = toLauncherArguments('the-mark', []);
    expect(execFileSync('/bin/sh', ['-n', '-c', script], { encoding: 'utf8' })).toBe('');
  });
});

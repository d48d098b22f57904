import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { resolveStateDirectory, stateDirectory } from '../../../src/system/state-directory.ts';

const home = '/home-of/ada';
const env = { MILTON_STATE_DIR: '/from/env', XDG_STATE_HOME: '/from/xdg' };

describe('resolveStateDirectory', () => {
  it('asks the flag, then MILTON_STATE_DIR, then XDG_STATE_HOME, then the home folder', () => {
    const { MILTON_STATE_DIR: _, ...xdgOnly } = env;
    expect(resolveStateDirectory({ flag: '/from/flag', env, home }).path).toBe('/from/flag');
    expect(resolveStateDirectory({ env, home }).path).toBe('/from/env');
    expect(resolveStateDirectory({ env: xdgOnly, home }).path).toBe('/from/xdg/milton');
    expect(resolveStateDirectory({ env: {}, home }).path).toBe('/home-of/ada/.local/state/milton');
    expect(resolveStateDirectory({ env: {} }).path).toBe(`${homedir()}/.local/state/milton`);
  });

  it('takes an empty flag or variable for none', () => {
    const empty = { MILTON_STATE_DIR: '', XDG_STATE_HOME: '' };
    expect(resolveStateDirectory({ flag: '', env: empty, home }).path).toBe(
      '/home-of/ada/.local/state/milton',
    );
  });

  it('ignores a relative XDG_STATE_HOME, as the XDG specification says', () => {
    const relative = { XDG_STATE_HOME: 'state' };
    expect(resolveStateDirectory({ env: relative, home }).path).toBe('/home-of/ada/.local/state/milton');
  });

  it('makes a relative flag absolute', () => {
    expect(resolveStateDirectory({ flag: 'here', env, home }).path).toBe(`${process.cwd()}/here`);
  });
});

describe('stateDirectory', () => {
  it('knows where everything lies, as the formats page says', () => {
    expect(stateDirectory('/s')).toEqual({
      path: '/s',
      registryFile: '/s/models/registry.json',
      runsDir: '/s/benchmarks/runs',
      bundlesDir: '/s/bundles',
      deploymentsDir: '/s/deployments',
      historyDir: '/s/deployment_history',
      targetsFile: '/s/targets.json',
      digestsFile: '/s/digests.json',
      keysDir: '/s/keys',
      scheduleDir: '/s/schedule',
    });
  });
});

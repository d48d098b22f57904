/** Where Milton Edge keeps its own files. One function knows the order in which the place is looked up. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

export interface StateDirectory {
  readonly path: string;
  readonly registryFile: string;
  readonly runsDir: string;
  readonly bundlesDir: string;
  readonly deploymentsDir: string;
  readonly historyDir: string;
  readonly targetsFile: string;
  /** Digests of files that are unchanged since they were hashed. */
  readonly digestsFile: string;
  /** Private keys and their public halves. */
  readonly keysDir: string;
  /** What the schedule keeps: its lock, and the report of its last run. */
  readonly scheduleDir: string;
}

export interface StateDirectoryOptions {
  /** `--state-dir`. */
  readonly flag?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
}

/** `--state-dir`, else `MILTON_STATE_DIR`, else `$XDG_STATE_HOME/milton`, else `~/.local/state/milton`. */
export function resolveStateDirectory({
  flag,
  env,
  home = homedir(),
}: StateDirectoryOptions): StateDirectory {
  return stateDirectory(
    resolve(flag || env['MILTON_STATE_DIR'] || xdgState(env) || join(home, '.local/state/milton')),
  );
}

export function stateDirectory(path: string): StateDirectory {
  return {
    path,
    registryFile: join(path, 'models/registry.json'),
    runsDir: join(path, 'benchmarks/runs'),
    bundlesDir: join(path, 'bundles'),
    deploymentsDir: join(path, 'deployments'),
    historyDir: join(path, 'deployment_history'),
    targetsFile: join(path, 'targets.json'),
    digestsFile: join(path, 'digests.json'),
    keysDir: join(path, 'keys'),
    scheduleDir: join(path, 'schedule'),
  };
}

/** XDG Base Directory Specification: a relative path is to be ignored. */
function xdgState(env: StateDirectoryOptions['env']): string | undefined {
  const base = env['XDG_STATE_HOME'];
  return base !== undefined && isAbsolute(base) ? join(base, 'milton') : undefined;
}

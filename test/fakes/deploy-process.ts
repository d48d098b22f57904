/** A deployment in a process of its own, which can be held at a state, interrupted and killed. Runs the compiled code. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const door = (room: string): string =>
  JSON.stringify(new URL(`../../dist/${room}/index.js`, import.meta.url).href);

const SCRIPT = `
  const { deployRelease, rollBack, repairTarget, resolveTarget, DEFAULT_DEPLOY_OPTIONS } = await import(${door('deploy')});
  const { stateDirectory, systemClock } = await import(${door('system')});
  const { job, bundle, target, stateDir, holdAt, options, hasEngine = false, hasExchange = true } = JSON.parse(process.argv[1]);
  const state = stateDirectory(stateDir);
  const controller = new AbortController();
  process.on('SIGINT', () => controller.abort());
  const hold = () => {
    console.log('held');
    // Not even a timer runs: what is on the disk now is what a crash leaves.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
  let held = false;
  const context = {
    layout: await resolveTarget(target, state),
    state,
    clock: systemClock,
    engine: { name: 'none', describe: async () => ({ name: 'none', version: null, available: hasEngine }), load: () => Promise.reject(new Error('no')) },
    signal: controller.signal,
    ...(!hasExchange && { exchange: null }),
    onProgress: (event) => {
      const at = event.kind === 'step' ? event.step : 'bytes';
      if (event.kind === 'step' || !held) console.log(at);
      if (at === 'bytes') held = true;
      if (at === holdAt) hold();
    },
  };
  const repair = async () => {
    const what = { which: 'live', fromBundle: bundle ?? null, dryRun: false, skipLoadTest: true, loadTestTokens: 4 };
    return (await repairTarget({ ...what, allowNetworkFs: false, service: null }, context)).outcome;
  };
  try {
    const outcome = job === 'repair' ? await repair() : job === 'rollback'
      ? await rollBack({ to: null, now: 'test', loadTestTokens: 4, loadTestTimeoutMs: null, allowNetworkFs: false, retryBad: false, service: null }, context)
      : await deployRelease({ kind: 'bundle', path: bundle }, { ...DEFAULT_DEPLOY_OPTIONS, skipLoadTest: true, ...options }, context);
    console.log('end ' + JSON.stringify({ state: outcome.state, id: outcome.record.deployment_id }));
  } catch (error) {
    console.log('end ' + JSON.stringify({ code: error.code, exitCode: error.exitCode, aftermath: error.aftermath, message: String(error.message) }));
  }`;

export interface DeployProcessOptions {
  readonly job?: 'deploy' | 'rollback' | 'repair';
  readonly bundle?: string;
  readonly target: string;
  readonly stateDir: string;
  /** A state, or `bytes`: as soon as some were written. */
  readonly holdAt?: string;
  readonly options?: object;
  /** It says that it is there; nothing can be loaded with it. */
  readonly hasEngine?: boolean;
  /** False where it is to do without the exchange of two names. */
  readonly hasExchange?: boolean;
  /** Put before the command, such as `setpriv …`. */
  readonly prefix?: readonly string[];
}

export interface DeployProcess {
  readonly child: ChildProcess;
  /** Resolves when it stands still where it was to be held, or has ended before. */
  readonly held: Promise<void>;
  /** What came of it; null where it was killed. */
  readonly end: Promise<DeployProcessEnd | null>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface DeployProcessEnd {
  readonly state?: string;
  readonly id?: string;
  readonly code?: string;
  readonly exitCode?: number;
  readonly aftermath?: string;
  readonly message?: string;
}

export function startDeployProcess({ prefix = [], ...request }: DeployProcessOptions): DeployProcess {
  const command = [...prefix, process.execPath, '--input-type=module', '-e', SCRIPT, JSON.stringify(request)];
  const [file = process.execPath, ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const closed = once(child, 'close');
  const held = new Promise<void>((resolve) => {
    reader.on('line', (line) => {
      lines.push(line);
      if (line === 'held') resolve();
    });
    void closed.then(() => resolve());
  });
  const end = closed.then(() => {
    const text = lines.find((line) => line.startsWith('end '));
    return text === undefined ? null : (JSON.parse(text.slice(4)) as DeployProcessEnd);
  });
  return {
    child,
    held,
    end,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await closed;
    },
  };
}

/** What whoever watches is told as a transaction enters a state; null where it would only say the same once more. */
import type { ArtifactType } from '../core/index.ts';
import type { DeployContext } from './context.ts';
import type { LoadTester } from './load-tester.ts';
import type { State } from './machine.ts';

export interface Watched {
  readonly kind: 'deploy' | 'rollback';
  readonly artifactType: ArtifactType;
  readonly skipLoadTest: boolean;
  readonly tester: LoadTester;
  /** Somebody pressed Ctrl-C. */
  readonly isInterrupted: boolean;
}

/** Tells each state as it is entered; states without words too, for whoever counts them. */
export function stateAnnouncer(
  watched: Omit<Watched, 'isInterrupted'>,
  { signal, onProgress }: Pick<DeployContext, 'signal' | 'onProgress'>,
): (state: State) => void {
  return (state) => {
    const message = toProgressText(state, { ...watched, isInterrupted: signal?.aborted ?? false });
    onProgress?.({ kind: 'step', step: state, message });
  };
}

export function toProgressText(state: State, watched: Watched): string | null {
  switch (state) {
    case 'staging':
      return watched.kind === 'deploy'
        ? 'Unpacking, and checking every digest'
        : 'Checking every digest again';
    case 'verified':
      return `Every digest matches; ${toTestText(watched)}`;
    case 'load-tested':
      if (watched.skipLoadTest) return null;
      if (watched.tester.kind === 'command') return 'Load test passed';
      return watched.artifactType === 'hf-distilled' ? 'Structure checked, not run' : 'Load test passed';
    case 'setting-aside':
      return 'Moving what stood there aside; for a moment nothing stands at the target';
    case 'activating':
      return 'Swapping the link';
    case 'refused':
      return `${watched.isInterrupted ? 'Interrupted' : 'Refused'}; the target is unchanged`;
    case 'rolling-back':
      return 'That failed; putting back what was live before';
    case 'rolled-back':
      return 'Put back';
    case 'stuck':
      return 'Stuck: a person has to look';
    case 'planned':
    case 'probing':
    case 'live':
    case 'failed':
    case 'tidying':
      return null;
  }
}

function toTestText({ artifactType, skipLoadTest, tester }: Watched): string {
  if (!skipLoadTest && tester.kind === 'command') return 'running the load test command';
  if (artifactType === 'hf-distilled')
    return 'checking the structure of the directory, which nothing here can run';
  if (skipLoadTest) return 'the load test is skipped, as asked';
  const by = tester.kind === 'llama-server' ? ' with llama-server' : '';
  return `loading the model${by} and asking it to generate`;
}

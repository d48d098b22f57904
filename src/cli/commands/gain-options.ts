/** `--min-gain`: a deployment that happens only where the best of the run is better enough than what is live. */
import { InvalidArgumentError, type Command } from 'commander';
import type { DeployContext, DeployOptions } from '../../deploy/index.ts';
import type { DeploySource, JudgedLive } from '../../pipeline/index.ts';
import type { CommandResult } from '../context.ts';
import { CliFailure } from '../error.ts';
import { shown } from '../text-style.ts';

export interface GainFlags {
  readonly minGain?: number;
  readonly deployUnmeasured?: boolean;
}

export function addGainOptions(command: Command): Command {
  return command
    .option(
      '--min-gain <score>',
      'the live model stays unless beaten by more than this in the same run, such as 0.01',
      parseGain,
    )
    .option('--deploy-unmeasured', 'with --min-gain: replace a live model that the run did not measure');
}

/** Null where no gain is asked for, or where the deployment itself will refuse the run. Throws `CLI_USAGE`. */
export async function judgeGain(
  { minGain, deployUnmeasured }: GainFlags,
  { source, options }: { readonly source: DeploySource; readonly options: DeployOptions },
  context: DeployContext,
): Promise<JudgedLive | null> {
  if (minGain === undefined) {
    if (deployUnmeasured !== true) return null;
    throw usage('--deploy-unmeasured says nothing without a gain.', '--min-gain beside --deploy-unmeasured');
  }
  if (source.kind === 'bundle' || source.version !== null) {
    throw usage(
      '--min-gain is about the best of a run.',
      '--min-gain without a version and without --bundle',
    );
  }
  const { judgeLiveIfAny } = await import('../../pipeline/index.ts');
  const { allowNetworkFs, dryRun } = options;
  return judgeLiveIfAny(
    { ...source, minGain, deployUnmeasured: deployUnmeasured ?? false, allowNetworkFs, settle: !dryRun },
    context,
  );
}

/** The deployment takes the very run that was judged, whatever is written meanwhile. */
export function pinToRun(source: DeploySource, judged: JudgedLive | null): DeploySource {
  if (judged === null || source.kind !== 'run') return source;
  return { ...source, benchmarkFile: judged.selected.loaded.path };
}

export function staysResult(
  { decision, selected, warnings }: JudgedLive,
  { layout }: DeployContext,
): CommandResult {
  const { path, run } = selected.loaded;
  return {
    json: {
      state: 'stays',
      target_path: layout.targetPath,
      decision,
      run: { path, run_id: run.metadata.run_id, candidate_count: run.candidates.length },
    },
    text: ({ colors, facts }) => [
      `${colors.green('stays')}  ${shown(decision.live_version)}: nothing was deployed.`,
      ...facts([
        ['why', shown(decision.reason)],
        ['benchmark file', shown(path)],
        ['target path', shown(layout.targetPath)],
      ]),
    ],
    warnings,
  };
}

function parseGain(text: string): number {
  const value = Number(text);
  if (/^[0-9]*\.?[0-9]+$/.test(text) && value <= 1) return value;
  throw new InvalidArgumentError('It should be a share of the score from 0 to 1, such as 0.01.');
}

function usage(message: string, expected: string): CliFailure {
  return new CliFailure('CLI_USAGE', message, { details: { expected } });
}

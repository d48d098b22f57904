/** `milton schedule run`: one run, as the timer starts it. */
import type { DeployModelRequest, ScheduledDeployment, ScheduledOutcome } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult } from '../context.ts';
import { shown } from '../text-style.ts';
import { readDeployOptions, readDeploySource } from './deploy.ts';
import { openDigests } from './digest-cache-option.ts';
import { readRunOptions } from './run-options.ts';
import { assertGivenFits, type Given, type RunOnceFlags } from './schedule-options.ts';
import { ownBenchmark } from './schedule-settings.ts';
import { openDeployContext } from './target-options.ts';

export async function runOnce(
  context: CommandContext,
  flags: RunOnceFlags,
  given: readonly Given[],
): Promise<CommandResult> {
  const { runScheduled } = await import('../../pipeline/index.ts');
  const { DEFAULT_SCHEDULE } = await import('../../schedule/index.ts');
  assertGivenFits(given, flags);
  const { runsDir, weights, thresholds } = await readRunOptions(flags, context);
  const request = {
    benchCommand: flags.benchCommand ?? ownBenchmark(flags),
    benchTimeoutMs: flags.benchTimeout ?? DEFAULT_SCHEDULE.benchTimeoutMs,
    runsDir,
    select: { ...(weights !== undefined && { weights }), ...(thresholds !== undefined && { thresholds }) },
    deploy: flags.deploy === true ? await readDeployment(flags, context) : null,
    onStep: context.notice,
  };
  return result(await runScheduled(request, context));
}

async function readDeployment(flags: RunOnceFlags, context: CommandContext): Promise<ScheduledDeployment> {
  const { DEFAULT_MIN_GAIN } = await import('../../select/index.ts');
  const request: DeployModelRequest = {
    source: await readDeploySource(flags, undefined, context),
    options: await readDeployOptions(flags),
    activate: flags.activate,
    digests: await openDigests(flags, context),
    onWarning: context.warn,
  };
  return {
    request,
    context: await openDeployContext(flags.targetPath ?? null, context, flags),
    minGain: flags.minGain ?? DEFAULT_MIN_GAIN,
    deployUnmeasured: flags.deployUnmeasured ?? false,
  };
}

async function result(outcome: ScheduledOutcome): Promise<CommandResult> {
  const { deployedJson, deployedText } = await import('./deployment-report.ts');
  const { runPath, benchMs, recommended, selected, decision, deployed, warnings } = outcome;
  return {
    json: {
      run_path: runPath,
      bench_ms: benchMs,
      recommended_model: recommended,
      decision,
      deployment: deployed === null ? null : deployedJson(deployed),
    },
    text: (style) => [
      `${style.colors.green(deployed === null && decision !== null ? 'stays' : 'done')}  ${shown(decision?.reason ?? selected.result.reason)}`,
      ...(deployed === null ? [] : deployedText(deployed, style)),
    ],
    warnings,
  };
}

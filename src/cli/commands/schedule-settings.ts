/** What a schedule is to be, from the options: the same for `install`, which writes it, and `print`, which shows it. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { dirname, isAbsolute, resolve } from 'node:path';
import { quoteWord, type Failure, type Warning } from '../../core/index.ts';
import type { ScheduleSettings } from '../../schedule/index.ts';
import type { CommandContext } from '../context.ts';
import { shown } from '../text-style.ts';
import { readDeployOptions, readDeploySource } from './deploy.ts';
import { assertGivenFits, toRunArgs, type Given, type InstallFlags } from './schedule-options.ts';

export interface ReadSettings {
  readonly settings: ScheduleSettings;
  readonly benchCommand: string;
  /** Null without `--deploy`. */
  readonly targetPath: string | null;
  readonly warnings: readonly Warning[];
}

/** Throws `SCHEDULE_PROGRAM_FLEETING`, `SCHEDULE_VALUE_UNFIT`, `TRUST_SIGNATURE_MISSING`, and what the options of a deployment throw. */
export async function readSettings(
  flags: InstallFlags,
  given: readonly Given[],
  context: CommandContext,
): Promise<ReadSettings> {
  const { assertLasting, DEFAULT_SCHEDULE, DEPLOY_ALLOWANCE_MS, toUnitName, usesTmp } =
    await import('../../schedule/index.ts');
  const benchCommand = flags.benchCommand ?? ownBenchmark(flags);
  assertGivenFits(given, flags);
  // What the timer would be refused is refused now.
  await readDeploySource(flags, undefined, context);
  await readDeployOptions(flags);
  const program = ownProgram();
  for (const path of program) assertLasting(path);
  const target = flags.deploy === true ? await findTarget(flags, context) : null;
  const writablePaths = [
    ...(flags.benchmarksDir === undefined ? [] : [resolve(flags.benchmarksDir)]),
    ...(target === null ? [] : [target.parentDir]),
    ...(flags.writable ?? []),
  ];
  const { path: stateDir } = context.state;
  const settings: ScheduleSettings = {
    program,
    stateDir,
    runArgs: toRunArgs(given),
    everyHours: flags.every === undefined ? DEFAULT_SCHEDULE.everyHours : Number.parseInt(flags.every, 10),
    randomDelayMs: flags.randomDelay ?? DEFAULT_SCHEDULE.randomDelayMs,
    afterBootMs: DEFAULT_SCHEDULE.afterBootMs,
    timeLimitMs: (flags.benchTimeout ?? DEFAULT_SCHEDULE.benchTimeoutMs) + DEPLOY_ALLOWANCE_MS,
    writablePaths,
    workingDirectory: process.cwd(),
    searchPath: toSearchPath(context.env['PATH']),
    limits: {
      memoryMax: flags.memoryMax ?? DEFAULT_SCHEDULE.limits.memoryMax,
      cpuQuotaPercent: flags.cpuQuota ?? DEFAULT_SCHEDULE.limits.cpuQuotaPercent,
    },
    before: (flags.before ?? []).map(toUnitName),
  };
  const warnings = usesTmp(settings) ? [TMP_SHARED] : [];
  return { settings, benchCommand, targetPath: target?.targetPath ?? null, warnings };
}

/** `milton bench`, by the very program that runs now, into the folder where the run is looked for. */
export function ownBenchmark({ benchmarksDir }: InstallFlags): string {
  const words = [...ownProgram(), 'bench', '--quiet'];
  if (benchmarksDir !== undefined) words.push('--benchmarks-dir', resolve(benchmarksDir));
  return words.map(quoteWord).join(' ');
}

function ownProgram(): readonly [node: string, main: string] {
  return [process.execPath, fileURLToPath(new URL('../main.js', import.meta.url))];
}

async function findTarget(
  { targetPath }: InstallFlags,
  { state }: CommandContext,
): Promise<{ readonly targetPath: string; readonly parentDir: string }> {
  const { readTargetTrust, resolveTarget } = await import('../../deploy/index.ts');
  const layout = await resolveTarget(targetPath ?? null, state);
  const { targetPath: path } = layout;
  const { found } = await readTargetTrust({ layout, state });
  if (found?.policy.signatures === 'require') throw await neverSigned(path, found.path);
  return { targetPath: path, parentDir: dirname(path) };
}

/** A timer has nobody at hand who signs: each of its deployments would be refused. */
async function neverSigned(targetPath: string, policyPath: string): Promise<Failure> {
  const { TrustFailure } = await import('../../trust/index.ts');
  return new TrustFailure(
    'TRUST_SIGNATURE_MISSING',
    `The policy of ${shown(targetPath)} requires signatures, and nobody signs what a schedule packs.`,
    {
      details: { expected: 'a target without signatures: require', received: policyPath },
      hint: 'Leave --deploy away: the schedule still benchmarks and selects; sign what it recommends, and deploy that.',
    },
  );
}

/** A relative entry would mean another folder there. */
function toSearchPath(path: string | undefined): string | null {
  const folders = (path ?? '').split(':').filter((folder) => isAbsolute(folder));
  return folders.length === 0 ? null : folders.join(':');
}

const TMP_SHARED: Warning = {
  code: 'SCHEDULE_TMP_SHARED',
  message:
    'Something that the schedule needs lies below /tmp (the command, this folder, the state directory, the target or a --writable path), so that its units cannot have a private one.',
};

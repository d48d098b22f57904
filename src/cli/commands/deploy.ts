/** `milton deploy`: choose, pack, verify, load-test, go live. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { ARTIFACT_TYPES, Failure, quoteWord, type ArtifactType } from '../../core/index.ts';
import type { DeployOptions, ServiceSettings } from '../../deploy/index.ts';
import type {
  ChosenModel,
  DeployedModel,
  DeployModelRequest,
  DeploySource,
  JudgedLive,
  SelectedRun,
} from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { CliFailure } from '../error.ts';
import { collectList, parseCount, parsePath, parseText } from '../option-values.ts';
import { readSourceDateEpoch } from '../source-date.ts';
import { shown } from '../text-style.ts';
import { addCacheOption, openDigests, type CacheFlags } from './digest-cache-option.ts';
import { withBundlesHint } from './bundles-hint.ts';
import { parsePolicyRules } from './policy-rules.ts';
import { addRunOptions, readRunOptions, type RunFlags } from './run-options.ts';
import { parseFileMode, parseGroup } from './permissions.ts';
import { addRetentionOptions, readRetention, type RetentionFlags } from './retention-options.ts';
import { addServiceOptions, readServiceFlags, type ServiceFlags } from './service-options.ts';
import { addGainOptions, judgeGain, pinToRun, staysResult, type GainFlags } from './gain-options.ts';
import { addGateOptions, readGates, type GateFlags } from './gate-options.ts';
import { ALLOW_DOWNGRADE_HELP, ALLOW_UNSAFE_HELP, STRICT_HELP } from './safety-options.ts';
import {
  addTesterOptions,
  NO_OPERANDS,
  readTester,
  type TesterFlags,
  type TesterOperands,
} from './tester-options.ts';
import { addWaitOption, openDeployContext, type WaitFlag } from './target-options.ts';

export interface DeployFlags
  extends RunFlags, ServiceFlags, GateFlags, TesterFlags, WaitFlag, CacheFlags, GainFlags, RetentionFlags {
  readonly artifact?: ArtifactType;
  readonly bundle?: string;
  /** False for `--no-bundle`. */
  readonly makeBundle?: boolean;
  readonly targetPath?: string;
  readonly dryRun?: boolean;
  readonly withLoadTest?: boolean;
  readonly skipChecksum?: boolean;
  readonly skipLoadTest?: boolean;
  readonly loadTestTokens?: number;
  readonly allow?: readonly string[];
  readonly allowNetworkFs?: boolean;
  readonly retryBad?: boolean;
  readonly adopt?: boolean;
  readonly sameService?: boolean;
  readonly strict?: boolean;
  readonly allowUnsafeFiles?: boolean;
  readonly allowDowngrade?: string;
  readonly activate: boolean;
  readonly mode?: number;
  readonly group?: string;
}

/** Those of a deployment, wherever it is asked for. */
export function addDeployOptions(command: Command): Command {
  addRunOptions(command)
    .addOption(new Option('--artifact <type>', 'what ships (default: gguf)').choices([...ARTIFACT_TYPES]))
    .option('--bundle <file>', 'deploy this bundle; needs neither registry nor benchmark', parsePath)
    .addOption(withoutBundle())
    .option(
      '--target-path <path>',
      'the link that goes live, e.g. /srv/llm (default: in the state directory)',
      parsePath,
    )
    .option('--dry-run', 'check and test everything, deploy nothing')
    .option('--with-load-test', 'with --dry-run --bundle: unpack into a private folder and load-test too')
    .option('--skip-checksum', 'let a digest mismatch pass; such a release is never gone back to')
    .option('--skip-load-test', 'check the structure only; nothing is loaded')
    .option('--load-test-tokens <n>', 'how many tokens the load test generates (default: 16)', parseCount)
    .option('--allow <rule>', 'let a policy rule of the GGUF check pass', collectList)
    .option('--strict', STRICT_HELP)
    .option('--allow-unsafe-files', ALLOW_UNSAFE_HELP)
    .option('--allow-downgrade <reason>', ALLOW_DOWNGRADE_HELP, parseText)
    .option('--allow-network-fs', 'deploy onto NFS, CIFS and the like')
    .option('--retry-bad', 'deploy bytes that were found bad on this target before')
    .option('--adopt', 'keep the folder or link that stands at the target, as the previous release')
    .option('--no-activate', 'do not make the version the active one in the registry')
    .option('--mode <mode>', 'mode of the files of the release, octal (default: 644)', parseFileMode)
    .option('--group <group>', 'group of the files of the release, by name or number');
  addRetentionOptions(command);
  addWaitOption(command);
  addTesterOptions(command);
  addGainOptions(command);
  addGateOptions(command);
  addCacheOption(command);
  return addServiceOptions(command).option(
    '--same-service',
    'restart and ask the server as the last deployment here did',
  );
}

export function defineDeploy(command: Command, perform: Perform): void {
  addDeployOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ milton deploy --target-path /srv/llm
  $ milton deploy --bundle FILE --target-path /srv/llm
  $ milton deploy v1.20260111.1425 --target-path /srv/llm
  $ milton deploy --engine llama-server --engine-path ./llama-server -- -fa off
  $ milton deploy --restart-command ./restart --health-command ./is-well
  $ milton deploy --target-path /srv/llm --adopt
  $ milton deploy --dry-run`,
    )
    .action(perform<DeployFlags>(deploy));
}

/** Commander would give `--bundle FILE` and `--no-bundle` one name, and the last of them would win without a word. */
function withoutBundle(): Option {
  const option = new Option(
    '--no-bundle',
    'make the release from the local artifact itself, without a bundle',
  );
  option.attributeName = () => 'makeBundle';
  return option;
}

async function deploy(
  context: CommandContext,
  flags: DeployFlags,
  args: readonly string[],
  behind: readonly string[],
): Promise<CommandResult> {
  const [version] = args.slice(0, args.length - behind.length);
  const skippedBy = flags.skipLoadTest === true ? '--skip-load-test' : null;
  const { deployModel } = await import('../../pipeline/index.ts');
  const source = await readDeploySource(flags, version, context);
  const options = await readDeployOptions(flags, { args, behind, own: 1, skippedBy });
  const deployContext = await openDeployContext(flags.targetPath ?? null, context, flags);
  if (flags.targetPath === undefined) {
    context.notice(`No --target-path: the target is ${shown(deployContext.layout.targetPath)}`);
  }
  const judged = await judgeGain(flags, { source, options }, deployContext);
  if (judged?.decision.kind === 'stay') return staysResult(judged, deployContext);
  const selections: SelectedRun[] = [];
  try {
    const request: DeployModelRequest = {
      source: pinToRun(source, judged),
      options,
      activate: flags.activate,
      digests: await openDigests(flags, context),
      onWarning: context.warn,
      onSelected: (selected) => selections.push(selected),
      onChosen: (chosen) => context.notice(describeChoice(chosen)),
    };
    const target = `--target-path ${quoteWord(deployContext.layout.targetPath)}`;
    const named = {
      file: flags.bundle ?? null,
      command: `milton deploy ${target} --bundle`,
      state: context.state,
    };
    return await result(await withBundlesHint(named, () => deployModel(request, deployContext)), judged);
  } catch (error) {
    const [selected] = selections;
    if (!(error instanceof Failure) || error.code !== 'SELECT_NONE_PASSED' || selected === undefined)
      throw error;
    const { selectionText } = await import('./selection-text.ts');
    return { json: {}, text: (style) => selectionText(selected, style), failure: error };
  }
}

async function result(deployed: DeployedModel, judged: JudgedLive | null): Promise<CommandResult> {
  const { deployedJson, deployedText } = await import('./deployment-report.ts');
  return {
    json: { ...deployedJson(deployed), ...(judged !== null && { decision: judged.decision }) },
    text: (style) => deployedText(deployed, style),
    warnings: [...(judged?.warnings ?? []), ...deployed.warnings],
  };
}

export async function readDeploySource(
  flags: DeployFlags,
  version: string | undefined,
  context: CommandContext,
): Promise<DeploySource> {
  if (flags.bundle !== undefined && version !== undefined) {
    throw new CliFailure('CLI_USAGE', 'A bundle carries its own version; give one or the other.', {
      hint: `Deploy the bundle alone: milton deploy --bundle ${quoteWord(flags.bundle)}`,
      details: { expected: 'VERSION or --bundle', received: 'both' },
    });
  }
  if (flags.bundle !== undefined) {
    assertOnlyBundle(flags);
    return { kind: 'bundle', path: resolve(flags.bundle) };
  }
  const { runsDir, benchmarkFile, weights, thresholds } = await readRunOptions(flags, context);
  return {
    kind: 'run',
    version: version ?? null,
    benchmarkFile: benchmarkFile ?? null,
    runsDir,
    artifactType: flags.artifact ?? 'gguf',
    select: { ...(weights !== undefined && { weights }), ...(thresholds !== undefined && { thresholds }) },
    allow: await parsePolicyRules(flags.allow ?? []),
    makeBundle: flags.makeBundle ?? true,
    sourceDateEpochSeconds: readSourceDateEpoch(context.env),
    tool: `milton-edge ${context.version}`,
  };
}

/** A bundle says itself what it holds: an option that would choose another model must not be passed over. */
function assertOnlyBundle(flags: DeployFlags): void {
  const choosing = [
    'artifact',
    'benchmarkFile',
    'run',
    'benchmarksDir',
    'weights',
    'thresholds',
    'allow',
  ] as const;
  const given = choosing.filter((name) => flags[name] !== undefined);
  const names = given.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (flags.makeBundle === false) names.push('--no-bundle');
  if (!flags.cache) names.push('--no-cache');
  if (names.length === 0) return;
  throw new CliFailure(
    'CLI_USAGE',
    `A bundle is deployed as it is; ${names.join(', ')} would change nothing.`,
    {
      hint: 'Leave --bundle away to choose a model from a benchmark run, or leave the other option away.',
      details: { expected: '--bundle without options that choose a model', received: names.join(', ') },
    },
  );
}

/** `operands`: what stands behind the options, flags for a llama-server among it. */
export async function readDeployOptions(
  flags: DeployFlags,
  operands: TesterOperands = NO_OPERANDS,
): Promise<DeployOptions> {
  const { DEFAULT_DEPLOY_OPTIONS: defaults } = await import('../../deploy/index.ts');
  const service = await readServiceFlags(flags);
  return {
    dryRun: flags.dryRun ?? false,
    withLoadTest: flags.withLoadTest ?? false,
    skipChecksum: flags.skipChecksum ?? false,
    skipLoadTest: flags.skipLoadTest ?? false,
    loadTestTokens: flags.loadTestTokens ?? defaults.loadTestTokens,
    loadTestTimeoutMs: flags.loadTestTimeout ?? null,
    allowNetworkFs: flags.allowNetworkFs ?? false,
    retryBad: flags.retryBad ?? false,
    adopt: flags.adopt ?? false,
    strict: flags.strict ?? false,
    allowUnsafeFiles: flags.allowUnsafeFiles ?? false,
    allowDowngrade: flags.allowDowngrade ?? null,
    restores: null,
    permissions: {
      fileMode: flags.mode ?? defaults.permissions.fileMode,
      groupId: flags.group === undefined ? null : await parseGroup(flags.group),
    },
    tester: (await readTester(flags, operands)) ?? defaults.tester,
    gates: readGates(flags),
    service: service ?? defaults.service,
    sameService: readSameService(flags, service),
    retention: await readRetention(flags),
  };
}

/** The settings of the last deployment, or others: not both. */
function readSameService({ sameService = false }: DeployFlags, service: ServiceSettings | null): boolean {
  if (!sameService || service === null) return sameService;
  throw new CliFailure('CLI_USAGE', '--same-service takes the settings of the last deployment as they are.', {
    details: { expected: '--same-service alone', received: 'another option about the server' },
    hint: 'Leave --same-service away, and say how the server is restarted and asked.',
  });
}

function describeChoice({ version, loaded, artifact }: ChosenModel): string {
  const from = loaded === null ? '' : `from ${shown(loaded.run.metadata.run_id)} `;
  return `Selected ${shown(version)} ${from}(${shown(artifact.path)})`;
}

/** What a deployment or a rollback says at its end, to people and as JSON. */
import { formatBytes, formatDuration, quoteWord, type JsonObject } from '../../core/index.ts';
import {
  toRetentionJson,
  type DeploymentOutcome,
  type LoadTestReport,
  type ServiceReport,
} from '../../deploy/index.ts';
import { sizeWarning, type DeployedModel } from '../../pipeline/index.ts';
import { shown, type TextStyle } from '../text-style.ts';
import { formatNumber, plural } from '../numbers.ts';

import { describeTrust } from './policy-text.ts';
import { retentionFacts, retentionLines } from './retention-text.ts';

type Fact = readonly [label: string, value: string | null];

/** The nine fields of the record and what they cannot say. */
export function outcomeJson(outcome: DeploymentOutcome): JsonObject {
  return {
    ...outcome.record,
    state: outcome.state,
    bundle_path: outcome.bundlePath,
    release_path: outcome.releasePath,
    artifact_sha256: outcome.artifactSha256,
    dry_run: outcome.dryRun,
    evidence: outcome.evidence,
    load_test: outcome.loadTest,
    already_live: outcome.alreadyLive,
    previous_release_id: outcome.previousReleaseId,
    adopted: outcome.adopted === null ? null : { ...outcome.adopted },
    restarted: outcome.restarted,
    service: outcome.service,
    trust: outcome.trust,
  };
}

export function deployedJson(deployed: DeployedModel): JsonObject {
  const { chosen, outcome } = deployed;
  return {
    ...outcomeJson(outcome),
    bundle_size_bytes: deployed.bundleSizeBytes,
    activated_version: deployed.activated,
    retention: outcome.retention === null ? null : toRetentionJson(outcome.retention),
    run:
      chosen === null || chosen.loaded === null
        ? null
        : {
            path: chosen.loaded.path,
            run_id: chosen.loaded.run.metadata.run_id,
            candidate_count: chosen.loaded.run.candidates.length,
          },
    artifact: chosen === null ? null : { type: chosen.artifact.type, path: chosen.artifact.path },
  };
}

/** In the order of the formats page: run, model, metrics, artifact, bundle, deployment. */
export function deployedText(deployed: DeployedModel, style: TextStyle): string[] {
  const { outcome } = deployed;
  return [
    headline(outcome, style),
    ...style.facts([
      ...chosenFacts(deployed),
      ...metricFacts(deployed),
      ...artifactFacts(deployed),
      ['bundle', describeBundle(deployed)],
      ['deployment', outcome.record.deployment_id],
      ...targetFacts(outcome),
      ['adopted', describeAdopted(outcome)],
      [
        'registry',
        deployed.activated === null ? null : `${shown(deployed.activated)} is now the active version`,
      ],
      ...retentionFacts(outcome.retention),
    ]),
    ...retentionLines(outcome.retention, style),
    ...closingLines(outcome, style),
  ];
}

export function rolledBackText(outcome: DeploymentOutcome, style: TextStyle): string[] {
  const { record, alreadyLive, previousReleaseId } = outcome;
  const title = alreadyLive
    ? `${style.colors.green('already live')}  ${shown(record.model_version)}`
    : `${style.colors.green('rolled back')}  to ${shown(record.model_version)}`;
  return [
    title,
    ...style.facts([
      ['left', alreadyLive ? null : previousReleaseId],
      ['rollback', record.deployment_id],
      ...targetFacts(outcome),
    ]),
    ...adoptedLines(outcome),
    ...closingLines(outcome, style),
    ...registryLines(outcome, style),
  ];
}

/** Where a folder stood, something may still take it for one. */
function adoptedLines({ record, alreadyLive, releasePath, artifactSha256 }: DeploymentOutcome): string[] {
  if (alreadyLive || releasePath === null || artifactSha256 !== null) return [];
  return [
    '',
    `${shown(record.target_path)} is now a link to what was adopted, kept as ${shown(releasePath)}; no digests were checked, since there are none.`,
  ];
}

/** Only a release that was made from the registry has an entry there to speak of. */
function registryLines({ record, registeredAt }: DeploymentOutcome, { colors }: TextStyle): string[] {
  if (registeredAt === null) return [];
  const command = `milton models activate ${quoteWord(record.model_version)}`;
  return [colors.dim(`The registry was not touched. To make it the choice there too: ${command}`)];
}

function headline(
  { record, dryRun, alreadyLive, loadTest }: DeploymentOutcome,
  { colors }: TextStyle,
): string {
  const version = shown(record.model_version);
  if (dryRun) {
    const what =
      loadTest.kind === 'skipped'
        ? 'passes every check but the load test, which was not run'
        : 'would go live';
    return `${colors.yellow('dry run')}  ${version} ${what}`;
  }
  if (alreadyLive)
    return `${colors.green('already live')}  ${version}: the same bytes, hashed again; nothing was changed.`;
  return `${colors.green('live')}  ${version}`;
}

function chosenFacts({ chosen }: DeployedModel): Fact[] {
  if (chosen === null) return [];
  const { loaded, version } = chosen;
  if (loaded === null) return [['model', `${shown(version)}, named without a run`]];
  return [
    ['benchmark file', shown(loaded.path)],
    ['run', `${shown(loaded.run.metadata.run_id)}, ${plural(loaded.run.candidates.length, 'candidate')}`],
    ['selected model', shown(version)],
  ];
}

function metricFacts({ chosen }: DeployedModel): Fact[] {
  if (chosen === null || chosen.candidate === null) return [];
  const { metrics } = chosen.candidate;
  const say = (
    label: string,
    name: 'latency_ms' | 'tokens_per_sec' | 'cove_pass_rate' | 'retrieval_score',
    unit: string,
  ): Fact => {
    const { value, status } = metrics[name];
    return [label, `${status === 'ok' ? formatNumber(value) : '-'} ${unit} (${status})`];
  };
  return [
    say('latency', 'latency_ms', 'ms to the first token'),
    say('throughput', 'tokens_per_sec', 'tokens/s'),
    say('CoVe pass rate', 'cove_pass_rate', '%'),
    say('retrieval score', 'retrieval_score', '%'),
  ];
}

function artifactFacts({ chosen, outcome }: DeployedModel): Fact[] {
  const artifact: Fact[] =
    chosen === null
      ? []
      : [
          [
            'artifact',
            `${chosen.artifact.type} ${shown(chosen.artifact.path)} (${formatBytes(chosen.artifact.totalSizeBytes)})`,
          ],
        ];
  const warning = chosen === null ? null : sizeWarning(chosen.artifact);
  return [
    ...artifact,
    ['warning', warning?.message ?? null],
    ['sha256', outcome.artifactSha256],
    ['evidence', describeEvidence(outcome)],
  ];
}

function describeEvidence({ evidence }: DeploymentOutcome): string {
  switch (evidence?.kind) {
    case 'measured':
      return `measured: ${shown(evidence.run_id)} measured exactly these bytes`;
    case 'unbound':
      return `unbound: ${shown(evidence.run_id)} does not say which bytes it measured`;
    case 'mismatch':
      return 'mismatch';
    case 'none':
    case undefined:
      return 'none: no benchmark run belongs to these bytes';
  }
}

function describeBundle({ outcome, bundleSizeBytes }: DeployedModel): string | null {
  const { bundlePath } = outcome;
  if (bundlePath === null) return null;
  const size = bundleSizeBytes === null ? '' : ` (${formatBytes(bundleSizeBytes)})`;
  return `${shown(bundlePath)}${size}`;
}

function targetFacts({ record, releasePath, loadTest, service, trust }: DeploymentOutcome): Fact[] {
  return [
    ['target path', shown(record.target_path)],
    ['release', releasePath === null ? null : shown(releasePath)],
    ['signature', describeTrust(trust)],
    ['checksum verified', record.checksum_verified ? 'yes' : 'NO'],
    ['load test', describeLoadTest(loadTest)],
    ['server', service === null ? null : describeService(service)],
  ];
}

function describeLoadTest(report: LoadTestReport): string {
  if (report.kind === 'external') return describeCommandTest(report);
  if (report.kind !== 'inference') {
    const { kind, note } = report;
    if (note === null) return kind;
    return note.toLowerCase().startsWith(kind) ? note : `${kind}: ${note}`;
  }
  const speed = `${formatNumber(report.tokens_per_second, 1)} tokens/s, first after ${formatNumber(report.time_to_first_token_ms, 0)} ms`;
  const benchmark =
    report.benchmark_tokens_per_second === null
      ? ''
      : ` (benchmark: ${formatNumber(report.benchmark_tokens_per_second, 1)} tokens/s)`;
  // The embedded engine needs no name: it is what runs unless somebody says otherwise.
  const by = report.engine === 'llama-cpp' ? '' : ` by ${shown(`${report.engine} ${report.engine_version}`)}`;
  return `passed: loaded in ${formatNumber(report.load_ms, 0)} ms${by}, ${report.tokens ?? 0} tokens at ${speed}${benchmark}`;
}

function describeCommandTest({ engine, engine_version, ...figures }: LoadTestReport): string {
  const by = [engine, engine_version].filter((word) => word !== null).join(' ');
  const speed = figures.tokens_per_second;
  const firstMs = figures.time_to_first_token_ms;
  return [
    `passed: by the command that was given${by === '' ? '' : ` (${shown(by)})`}`,
    ...(speed === null ? [] : [`${formatNumber(speed, 1)} tokens/s`]),
    ...(firstMs === null ? [] : [`first after ${formatNumber(firstMs, 0)} ms`]),
  ].join(', ');
}

function describeService({ restarted, probes, ready_ms, soak_ms, model }: ServiceReport): string {
  const parts = [restarted ? 'restarted' : 'not restarted'];
  if (ready_ms !== null) parts.push(`${plural(probes, 'probe')} well after ${formatDuration(ready_ms)}`);
  if (probes > 0 && soak_ms > 0) parts.push(`and for ${formatDuration(soak_ms)} on end`);
  if (model === 'expected') parts.push('it says that it runs this release');
  return parts.join(', ');
}

function describeAdopted({ adopted }: DeploymentOutcome): string | null {
  if (adopted === null) return null;
  const how = {
    exchange: 'moved in one step',
    'two-steps': 'moved in two steps, since the file system exchanges no names',
    relinked: 'its place taken by ours',
  }[adopted.method];
  return `the ${adopted.kind} that stood there, ${how}; now ${shown(adopted.path)}`;
}

function closingLines(outcome: DeploymentOutcome, { colors }: TextStyle): string[] {
  const { dryRun, alreadyLive, record, previousReleaseId } = outcome;
  if (dryRun) return ['', 'This was a dry run: nothing was deployed.'];
  if (alreadyLive) return [];
  const lines = outcome.restarted
    ? ['']
    : ['', 'The link points to the new release; a running server keeps the old one until it is restarted.'];
  if (outcome.adopted !== null) {
    const target = `--target-path ${quoteWord(record.target_path)}`;
    const command = `milton rollback ${target} --to ${outcome.adopted.release_id}`;
    lines.push(
      'What was adopted has no digests: it is gone back to only by name, and the target stays a link.',
      `Back again: ${colors.cyan(command)}`,
    );
  } else if (previousReleaseId !== null && record.deployment_id.startsWith('deploy_')) {
    lines.push(
      `Back again: ${colors.cyan(`milton rollback --target-path ${quoteWord(record.target_path)}`)}`,
    );
  }
  return lines;
}

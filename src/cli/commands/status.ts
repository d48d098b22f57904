/** `milton status` and `milton deployments`: what is live, what was, and every attempt. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { JsonObject } from '../../core/index.ts';
import type { StoredRecord, TargetStatus } from '../../deploy/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { shown, type TextStyle } from '../text-style.ts';

export function addStatusCommands(program: Command, perform: Perform): void {
  program
    .command('status')
    .description('What is live on each target, since when, from which bundle, and what one could go back to.')
    .option('--target-path <path>', 'only this target (default: every target ever deployed to)')
    .addHelpText('after', '\nExample:\n  $ milton status --target-path /srv/llm')
    .action(perform<{ targetPath?: string }>(status));
  program
    .command('deployments')
    .description('Every deployment and rollback, refused ones too, newest first.')
    .option('--limit <n>', 'how many (default: 20; 0 for all)', parseLimit)
    .option('--target-path <path>', 'only those of this target')
    .addHelpText('after', '\nExample:\n  $ milton deployments --limit 5')
    .action(perform<{ limit?: number; targetPath?: string }>(deployments));
}

async function status(context: CommandContext, flags: { targetPath?: string }): Promise<CommandResult> {
  const { readTargets } = await import('../../pipeline/index.ts');
  const targets = await readTargets(flags.targetPath ?? null, context.state);
  return {
    json: { targets: targets.map(statusJson) },
    text: (style) =>
      targets.length === 0
        ? [
            'Nothing was deployed from this state directory yet.',
            `Deploy first: ${style.colors.cyan('milton deploy --target-path /srv/llm')}, or see it work: ${style.colors.cyan('milton demo')}`,
          ]
        : targets.flatMap((target, index) => [...(index === 0 ? [] : ['']), ...statusText(target, style)]),
  };
}

function statusJson(target: TargetStatus): JsonObject {
  const { live, occupant, unfinished } = target;
  return {
    target_path: target.targetPath,
    occupied_by: occupant.kind,
    occupant: occupant.kind === 'foreign' ? occupant.what : null,
    live:
      live === null
        ? null
        : {
            release_id: live.id,
            release_path: live.releasePath,
            model_version: live.known?.version ?? null,
            bundle_id: live.known?.bundleId ?? null,
            artifact_sha256: live.known?.artifactSha256 ?? null,
            since: live.known?.liveSince ?? null,
            verdict: live.known?.verdict ?? 'unknown',
            evidence: live.evidence,
          },
    previous: target.previous.map((release) => ({
      release_id: release.id,
      model_version: release.version,
      bundle_id: release.bundleId,
      artifact_sha256: release.artifactSha256,
      live_since: release.liveSince,
      verdict: release.verdict,
    })),
    rollback_to: target.rollbackTo,
    unfinished: unfinished === null ? null : { ...unfinished },
  };
}

function statusText(target: TargetStatus, { colors, facts }: TextStyle): string[] {
  const { live, occupant, unfinished, previous, rollbackTo } = target;
  const nothing = occupant.kind === 'foreign' ? `not ours: ${shown(occupant.what)}` : 'nothing is live here';
  return [
    colors.bold(shown(target.targetPath)),
    ...facts([
      ['live', live === null ? colors.yellow(nothing) : colors.green(shown(live.known?.version ?? live.id))],
      ['since', live?.known?.liveSince ?? null],
      ['bundle', live === null ? null : shown(live.known?.bundleId)],
      ['run', live === null ? null : shown(live.evidence?.run_id)],
      ['evidence', live === null ? null : (live.evidence?.kind ?? 'none')],
      ['sha256', live?.known?.artifactSha256 ?? null],
      ['release', live === null ? null : shown(live.releasePath)],
      ['known as', live === null ? null : (live.known?.verdict ?? 'unknown')],
      ...previous.map((release, index): readonly [string, string] => [
        index === 0 ? 'before' : '',
        `${shown(release.version)}  ${release.verdict}  ${shown(release.id)}`,
      ]),
      ['rollback', rollbackTo === null ? 'nothing to go back to' : `goes to ${shown(rollbackTo)}`],
      [
        'unfinished',
        unfinished === null
          ? null
          : colors.yellow(
              `${shown(unfinished.transaction)} ended while ${unfinished.state}; the next deployment or rollback settles it first`,
            ),
      ],
    ]),
  ];
}

async function deployments(
  context: CommandContext,
  flags: { limit?: number; targetPath?: string },
): Promise<CommandResult> {
  const { listRecords, resolveTarget } = await import('../../deploy/index.ts');
  const { records, unreadable } = await listRecords(context.state.historyDir);
  const target =
    flags.targetPath === undefined ? null : (await resolveTarget(flags.targetPath, context.state)).targetPath;
  const wanted = records.filter(({ record }) => target === null || record.target_path === target);
  const limit = flags.limit ?? DEFAULT_LIMIT;
  const shownRecords = limit === 0 ? wanted : wanted.slice(0, limit);
  return {
    json: { total: wanted.length, deployments: shownRecords.map(recordJson) },
    warnings: unreadable.map((name) => ({
      code: 'DEPLOY_RECORD_UNREADABLE',
      message: `${shown(name)} in the history is not a record and was passed over.`,
    })),
    text: (style) => deploymentsText(shownRecords, wanted.length, style),
  };
}

const DEFAULT_LIMIT = 20;

function recordJson({ record, details }: StoredRecord): JsonObject {
  return {
    ...record,
    state: details?.['state'] ?? null,
    dry_run: details?.['dry_run'] ?? record.deployment_id.startsWith('dryrun_'),
    artifact_sha256: details?.['artifact_sha256'] ?? null,
    error_code: errorCode(details),
  };
}

function errorCode(details: JsonObject | null): string | null {
  const error = details?.['error'];
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
}

async function deploymentsText(
  records: readonly StoredRecord[],
  total: number,
  style: TextStyle,
): Promise<readonly string[]> {
  if (records.length === 0) {
    return [
      'No deployment yet.',
      `Deploy first: ${style.colors.cyan('milton deploy --target-path /srv/llm')}`,
    ];
  }
  const { colors } = style;
  const rows = records.map(({ record, details }) => {
    const isDry = record.deployment_id.startsWith('dryrun_');
    const color = record.status === 'success' ? colors.green : colors.red;
    return [
      record.timestamp.slice(0, 19).replace('T', ' '),
      record.deployment_id.split('_')[0] ?? '',
      shown(record.model_version),
      isDry
        ? colors.yellow(record.status === 'success' ? 'would pass' : record.status)
        : color(record.status.replace('_', ' ')),
      shown(record.target_path),
      shown(errorCode(details) ?? (record.error_message === null ? '' : record.error_message)),
    ];
  });
  return [
    ...(await style.table(['when (UTC)', 'what', 'model', 'status', 'target', 'why not'], rows)),
    ...(total > records.length
      ? ['', `${total - records.length} older ones: milton deployments --limit 0`]
      : []),
  ];
}

function parseLimit(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It should be a whole number; 0 means all.');
}

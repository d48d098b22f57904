/** `milton deployments`: every attempt and what came of it, from the records. */
import { InvalidArgumentError, type Command } from 'commander';
import type { JsonObject } from '../../core/index.ts';
import type { StoredRecord } from '../../deploy/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';

export function defineDeployments(command: Command, perform: Perform): void {
  command
    .option('--limit <n>', 'how many (default: 20; 0 for all)', parseLimit)
    .option('--target-path <path>', 'only those of this target', parsePath)
    .addHelpText('after', '\nExample:\n  $ milton deployments --limit 5')
    .action(perform<{ limit?: number; targetPath?: string }>(deployments));
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
    const color = record.status === 'success' ? colors.green : colors.red;
    return [
      shown(record.timestamp.slice(0, 19).replace('T', ' ')),
      shown(record.deployment_id.split('_')[0]),
      record.model_version === 'unknown' ? '-' : shown(record.model_version),
      color(outcomeOf({ record, details })),
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

/** The status of the record, and what the three words for it cannot say. */
function outcomeOf({ record, details }: StoredRecord): string {
  if (errorCode(details) === 'CORE_INTERRUPTED') return 'interrupted';
  if (record.status !== 'success') return record.status.replace('_', ' ');
  if (record.deployment_id.startsWith('dryrun_')) return 'would pass';
  return details?.['already_live'] === true ? 'already live' : 'success';
}

function parseLimit(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It should be a whole number; 0 means all.');
}

/** `milton status`: what is live on each target, what was, and what one could go back to. */
import type { Command } from 'commander';
import type { JsonObject } from '../../core/index.ts';
import type { KnownRelease, TargetStatus, UnfinishedRun } from '../../deploy/index.ts';
import type { TargetReport } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';
import { modelFacts } from './model-facts.ts';

export function defineStatus(command: Command, perform: Perform): void {
  command
    .option('--target-path <path>', 'only this target (default: every target ever deployed to)', parsePath)
    .addHelpText('after', '\nExample:\n  $ milton status --target-path /srv/llm')
    .action(perform<{ targetPath?: string }>(status));
}

async function status(context: CommandContext, flags: { targetPath?: string }): Promise<CommandResult> {
  const { readTargets } = await import('../../pipeline/index.ts');
  const reports = await readTargets(flags.targetPath ?? null, context.state);
  if (flags.targetPath !== undefined) await assertKnown(reports[0]);
  return {
    json: { targets: reports.map(reportJson) },
    text: (style) =>
      reports.length === 0
        ? nothingYet(context.state.path, style)
        : reports.flatMap((report, index) => [...(index === 0 ? [] : ['']), ...reportText(report, style)]),
  };
}

/** A path that was mistyped has no status. */
async function assertKnown(report: TargetReport | undefined): Promise<void> {
  if (report?.kind !== 'read' || report.status.isKnown || report.status.occupant.kind !== 'nothing') return;
  const { DeployFailure } = await import('../../deploy/index.ts');
  const { targetPath } = report.status;
  throw new DeployFailure('TARGET_UNKNOWN', `Nothing was ever deployed to ${shown(targetPath)}.`, {
    details: { target_path: targetPath },
  });
}

function nothingYet(statePath: string, { colors }: TextStyle): string[] {
  return [
    `Nothing was deployed from ${shown(statePath)} yet.`,
    `Deploy first: ${colors.cyan('milton deploy --target-path /srv/llm')}, or see it work: ${colors.cyan('milton demo')}`,
  ];
}

function reportJson(report: TargetReport): JsonObject {
  if (report.kind === 'read') return statusJson(report.status);
  return { target_path: report.targetPath, error: { ...report.failure.toReport() } };
}

function reportText(report: TargetReport, style: TextStyle): string[] {
  if (report.kind === 'read') return statusText(report.status, style);
  const { code, message, hint } = report.failure;
  return [
    style.colors.bold(shown(report.targetPath)),
    ...style.facts([
      ['error', style.colors.red(`${code}: ${shown(message)}`)],
      ['fix', hint],
    ]),
  ];
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
            load_test: live.known?.loadTestKind ?? null,
            load_test_engine: live.known?.loadTestEngine ?? null,
            evidence: live.evidence,
            chat_templates: live.chatTemplates,
            unsafe_files: live.unsafeFiles,
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
      ['since', toShortTime(live?.known?.liveSince ?? null)],
      ['bundle', live === null ? null : shown(live.known?.bundleId)],
      ['run', live === null ? null : shown(live.evidence?.run_id)],
      ['evidence', live === null ? null : (live.evidence?.kind ?? 'none')],
      ['sha256', live?.known?.artifactSha256 ?? null],
      ...modelFacts(live?.chatTemplates ?? null, live?.unsafeFiles ?? []),
      ['release', live === null ? null : shown(live.releasePath)],
      ['load test', live === null ? null : describeLoadTest(live.known)],
      ['known as', live === null ? null : describeVerdict(live.known)],
      ...previous.map((release, index): readonly [string, string] => [
        index === 0 ? 'before' : '',
        `${shown(release.version)}  ${describeVerdict(release)}  ${shown(release.id)}`,
      ]),
      ['rollback', rollbackTo === null ? 'nothing to go back to' : `goes to ${shown(rollbackTo)}`],
      unfinished === null ? ['', null] : describeUnfinished(unfinished, colors.yellow),
    ]),
  ];
}

function describeUnfinished(
  { transaction, state, runningPid }: UnfinishedRun,
  emphasize: (text: string) => string,
): readonly [string, string] {
  if (runningPid !== null) {
    return ['running', emphasize(`${shown(transaction)}, now ${state} (process ${runningPid})`)];
  }
  const what = `${shown(transaction)} ended while ${state}; milton resume settles it, and so does the next deployment or rollback`;
  return ['unfinished', emphasize(what)];
}

function describeLoadTest(release: KnownRelease | null): string {
  const kind = release?.loadTestKind ?? 'unknown';
  const engine = release?.loadTestEngine ?? null;
  return engine === null ? kind : `${kind}, by ${shown(engine)}`;
}

function describeVerdict(release: KnownRelease | null): string {
  if (release === null) return 'unknown: the journal does not name it';
  return release.unknownBecause === null ? release.verdict : `${release.verdict}: ${release.unknownBecause}`;
}

/** `2026-01-11 20:28:01 UTC`: the journal's times are all in UTC. */
function toShortTime(timestamp: string | null): string | null {
  return timestamp === null ? null : `${timestamp.slice(0, 19).replace('T', ' ')} UTC`;
}

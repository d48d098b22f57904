/** What a repair is about to do, and what it did, to people and as JSON. */
import type { JsonObject } from '../../core/index.ts';
import type { Repaired, RepairPlan, RepairSource } from '../../deploy/index.ts';
import { plural } from '../numbers.ts';
import { shown, type Fact, type TextStyle } from '../text-style.ts';
import { outcomeJson } from './deployment-report.ts';
import { damageLines } from './status-deep.ts';
import { verifiedJson } from './status-json.ts';

/** What is damaged, where the good bytes come from, and what will be done about it. */
export function planText({ live, bad, unfinished }: RepairPlan, { facts }: TextStyle): string[] {
  const lines: string[] = [];
  if (live !== null) {
    const id = shown(live.known.id);
    lines.push(
      `What is live is damaged: ${shown(live.known.version)}, ${id}`,
      ...damageLines(live.damage),
      ...facts([
        ...live.passedOver.map(({ what, why }): Fact => ['passed over', `${shown(what)}\n${shown(why)}`]),
        ['good bytes', describeSource(live.source)],
        ['to do', `${describeWork(live.options)}\nfrom then on ${id} is bad; its folder stays as it is`],
      ]),
    );
  }
  for (const { releaseId, damage } of bad) {
    lines.push(
      `A previous release is damaged: ${shown(releaseId)}`,
      ...damageLines(damage),
      ...facts([['to do', 'it becomes bad, so that nobody goes back to it; its folder stays as it is']]),
    );
  }
  if (unfinished !== null)
    lines.push(`First ${shown(unfinished)}, which has no end, is settled; then everything is hashed again.`);
  return lines;
}

export function repairedText({ plan, dryRun, outcome }: Repaired, style: TextStyle): string[] {
  const { colors } = style;
  const { live, bad, verified } = plan;
  if (live === null && bad.length === 0) {
    const sound = verified.releases.filter(({ found }) => found.kind === 'sound');
    const names = sound.map(({ id, isLive }) => (isLive ? 'what is live' : shown(id))).join(', ');
    return [
      `${colors.green('nothing to repair')}  ${sound.length === 0 ? 'nothing was deployed that could be hashed' : `every file is as it was deployed: ${names}`}`,
    ];
  }
  if (dryRun) return [...planText(plan, style), '', 'This was a dry run: nothing was changed.'];
  const marked =
    bad.length === 0
      ? []
      : [`Known as bad from now on: ${bad.map(({ releaseId }) => shown(releaseId)).join(', ')}`];
  if (live === null || outcome === null) return marked;
  const title = outcome.alreadyLive
    ? `${colors.green('already repaired')}  ${shown(outcome.record.model_version)}`
    : `${colors.green('repaired')}  ${shown(outcome.record.model_version)} is live, whole`;
  return [
    title,
    ...style.facts([
      ['release', shown(outcome.releasePath)],
      ['bytes from', describeSource(live.source)],
      ['load test', outcome.loadTest.kind === 'inference' ? 'passed' : outcome.loadTest.kind],
      ['damaged', `${shown(live.known.id)}, bad from now on; its folder stays as it is`],
    ]),
    ...marked,
    ...(outcome.restarted || outcome.alreadyLive
      ? []
      : [
          '',
          'The link points to the new release; a running server keeps the old one until it is restarted.',
        ]),
  ];
}

export function repairedJson({ plan, dryRun, outcome }: Repaired, targetPath: string): JsonObject {
  const { live, bad, verified, unfinished } = plan;
  return {
    target_path: targetPath,
    dry_run: dryRun,
    sound: live === null && bad.length === 0,
    repaired: outcome !== null && !outcome.alreadyLive,
    damaged_release_id: live?.known.id ?? null,
    source: live === null ? null : sourceJson(live.source),
    passed_over: live === null ? [] : live.passedOver.map(({ what, why }) => ({ what, why })),
    marked_bad: bad.map(({ releaseId }) => releaseId),
    unfinished,
    deep: verifiedJson(verified),
    deployment: outcome === null ? null : outcomeJson(outcome),
  };
}

function sourceJson(source: RepairSource): JsonObject {
  switch (source.kind) {
    case 'bundle':
      return { kind: 'bundle', path: source.path, bundle_id: source.bundleId, release_id: null };
    case 'itself':
    case 'release':
      return {
        kind: source.kind,
        path: null,
        bundle_id: source.known.bundleId,
        release_id: source.known.id,
      };
  }
}

function describeSource(source: RepairSource): string {
  switch (source.kind) {
    case 'bundle':
      return `${shown(source.path)}\na bundle of the same weights and version, every digest of it checked`;
    case 'release':
      return `${shown(source.known.id)}\na release of the same weights and version, hashed again`;
    case 'itself':
      return 'the damaged release itself: every file that SHA256SUMS names is sound';
  }
}

function describeWork({ service, skipLoadTest }: NonNullable<RepairPlan['live']>['options']): string {
  const { probes, restartCommand, startCommand } = service;
  const served = [
    ...(restartCommand === null && startCommand === null ? [] : ['the server is restarted']),
    ...(probes.length === 0 ? [] : [`${plural(probes.length, 'probe')} must be well`]),
  ];
  const test = skipLoadTest ? 'checked' : 'load-tested';
  const then = served.length === 0 ? '' : `; then ${served.join(' and ')}`;
  return `a new release is made beside it, hashed, ${test} and put live${then}`;
}

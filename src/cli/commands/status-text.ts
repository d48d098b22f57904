/** What `milton status` tells a person of a target, on one screen. */
import { formatBytes, quoteWord } from '../../core/index.ts';
import type {
  KnownRelease,
  KnownService,
  LiveRelease,
  TargetStatus,
  UnfinishedRun,
  VerifiedTarget,
} from '../../deploy/index.ts';
import type { TargetReport } from '../../pipeline/index.ts';
import { formatNumber } from '../numbers.ts';
import { formatAgo, formatWhen } from '../relative-time.ts';
import { shown, type Fact, type TextStyle } from '../text-style.ts';
import { modelFacts } from './model-facts.ts';
import { describeSigned, policyFacts } from './policy-text.ts';
import { deepLines } from './status-deep.ts';

/** Further ones are in the history. */
const MAX_PREVIOUS = 5;

export interface StatusTextOptions {
  readonly style: TextStyle;
  readonly now: Date;
  readonly verified: VerifiedTarget | null;
}

export function reportText(report: TargetReport, options: StatusTextOptions): string[] {
  const { colors, facts } = options.style;
  if (report.kind === 'read') return statusText(report, options);
  const { failure, linkedRelease } = report;
  return [
    colors.bold(shown(report.targetPath)),
    ...facts([
      [
        'live',
        linkedRelease === null ? null : `the link leads to ${shown(linkedRelease)}; more is not known`,
      ],
      ['error', colors.red(`${failure.code}: ${shown(failure.message)}`)],
      ['fix', failure.hint],
    ]),
  ];
}

function statusText(
  { status: target, trust }: Extract<TargetReport, { kind: 'read' }>,
  { style, now, verified }: StatusTextOptions,
): string[] {
  const { colors, facts } = style;
  const { live, occupant, unfinished } = target;
  const nothing = occupant.kind === 'foreign' ? `not ours: ${shown(occupant.what)}` : 'nothing is live here';
  return [
    colors.bold(shown(target.targetPath)),
    ...facts([
      ...(live === null
        ? [['live', colors.yellow(nothing)] as const]
        : liveFacts(live, { style, now, isSettled: unfinished === null })),
      ...policyFacts(trust, style, quoteWord(target.targetPath)),
      ...previousFacts(target, style, now),
      ['rollback', describeRollback(target)],
      ...(unfinished === null
        ? []
        : [unfinishedFact(unfinished, { style, now, targetPath: target.targetPath })]),
    ]),
    ...(verified === null ? [] : deepLines(verified, style)),
  ];
}

function liveFacts(
  live: LiveRelease,
  {
    style: { colors },
    now,
    isSettled,
  }: { readonly style: TextStyle; readonly now: Date; readonly isSettled: boolean },
): readonly Fact[] {
  const { known } = live;
  const color = isSettled ? colors.green : colors.yellow;
  const since = known?.liveSince ?? null;
  return [
    ['live', color(shown(known?.version ?? live.id))],
    ['since', since === null ? null : formatWhen(since, now)],
    ['size', live.sizeBytes === null ? null : formatBytes(live.sizeBytes)],
    // What was adopted has no digest.
    ['sha256', known === null || known.artifactSha256 === '' ? null : shown(known.artifactSha256)],
    ['bundle', shown(known?.bundleId)],
    ['run', shown(live.evidence.run_id)],
    ['evidence', describeEvidence(live.evidence.kind)],
    ['signature', describeSigned(live)],
    ...modelFacts(live.chatTemplates, live.unsafeFiles).map(narrow),
    ['release', shown(live.releasePath)],
    ['load test', describeLoadTest(known, now)],
    ['server', describeServer(known?.service ?? null, now)],
    ['known as', describeVerdict(known)],
  ];
}

/** A digest and a longer label do not fit 80 columns. */
function narrow([label, value]: Fact): Fact {
  return [label === 'chat template' ? 'template' : label, value];
}

function describeEvidence(kind: LiveRelease['evidence']['kind']): string {
  switch (kind) {
    case 'measured':
      return 'measured: the run measured exactly these bytes';
    case 'unbound':
      return 'unbound: the run does not say which bytes it measured';
    case 'mismatch':
      return 'mismatch: the run measured other bytes';
    case 'none':
      return 'none: no benchmark run belongs to these bytes';
  }
}

function describeLoadTest(known: KnownRelease | null, now: Date): string {
  const test = known?.loadTest ?? null;
  if (test === null) return 'unknown';
  const when = formatAgo(test.at, now);
  if (test.kind !== 'inference') {
    const note = test.note === null ? '' : `: ${shown(test.note)}`;
    return `${test.kind} ${when}${note}`;
  }
  const version = test.engineVersion === null ? '' : ` ${shown(test.engineVersion)}`;
  const engine = test.engine === null ? '' : `, by ${shown(test.engine)}${version}`;
  const speed = `${test.tokens ?? 0} tokens at ${formatNumber(test.tokensPerSecond, 1)}/s`;
  return [
    `passed ${when}${engine}`,
    `loaded in ${formatNumber(test.loadMs, 0)} ms; first token after ${formatNumber(test.firstTokenMs, 0)} ms; ${speed}`,
  ].join('\n');
}

/** What was asked last, what came, when, and whether the server was restarted for it. */
function describeServer(service: KnownService | null, now: Date): string {
  if (service === null) return 'neither restarted nor asked: it runs this release once it is restarted';
  const when = formatAgo(service.at, now);
  if (service.failure !== null) return `did not come up well ${when}: ${shown(service.failure)}`;
  const head = `${service.restarted ? 'restarted' : 'not restarted'} ${when}`;
  const answers = service.answers.map(({ asked, answer }) => `${shown(asked)} answered: ${shown(answer)}`);
  return [answers.length === 0 ? `${head}, and not asked` : head, ...answers].join('\n');
}

function previousFacts({ previous }: TargetStatus, { colors }: TextStyle, now: Date): readonly Fact[] {
  const lines = previous.slice(0, MAX_PREVIOUS).map((release) => {
    const { version, verdict, id } = release;
    const color = verdict === 'good' ? colors.green : verdict === 'bad' ? colors.red : colors.yellow;
    const because = becauseOf(release);
    const reason = because === null ? '' : `\n  ${because}`;
    return `${shown(version)}  ${color(verdict)}  ${describeTime(release, now)}  ${colors.dim(shown(id))}${reason}`;
  });
  const more = previous.length - MAX_PREVIOUS;
  if (more > 0) lines.push(`and ${more} more: milton deployments`);
  return lines.length === 0 ? [] : [['before', lines.join('\n')]];
}

function describeTime({ liveSince, adopted }: KnownRelease, now: Date): string {
  if (liveSince !== null) return `went live ${formatAgo(liveSince, now)}`;
  return adopted === null ? 'never live' : 'was here before';
}

function describeVerdict(release: KnownRelease | null): string {
  if (release === null) return 'unknown: the journal does not name it';
  const because = becauseOf(release);
  return because === null ? release.verdict : `${release.verdict}: ${because}`;
}

function becauseOf({ unknownBecause, badBecause }: KnownRelease): string | null {
  return badBecause === null ? unknownBecause : shown(badBecause.text);
}

function describeRollback({ rollbackTo, previous }: TargetStatus): string {
  if (rollbackTo === null) return 'nothing to go back to';
  const version = previous.find(({ id }) => id === rollbackTo)?.version;
  return `goes to ${version === undefined ? '' : `${shown(version)}, `}${shown(rollbackTo)}`;
}

function unfinishedFact(
  run: UnfinishedRun,
  {
    style: { colors },
    now,
    targetPath,
  }: { readonly style: TextStyle; readonly now: Date; readonly targetPath: string },
): Fact {
  const what = `the ${KINDS[run.kind]} of ${shown(run.version)}`;
  const since = formatAgo(run.at, now);
  if (run.runningPid !== null) {
    const process = `process ${run.runningPid}, last step ${since}`;
    return ['running', colors.yellow(`${what} is now ${run.state} (${process})\n${shown(run.transaction)}`)];
  }
  const command = `milton resume --target-path ${quoteWord(targetPath)}`;
  return [
    'unfinished',
    [
      colors.yellow(`${what} ended ${since} while it was ${run.state}`),
      shown(run.transaction),
      `milton resume ${describeNext(run)}; so does the next change to this target`,
      colors.cyan(command),
    ].join('\n'),
  ];
}

const KINDS = { deploy: 'deployment', rollback: 'rollback', prune: 'removal' } as const;

function describeNext({ next, from, kind, willServe }: UnfinishedRun): string {
  const before = from === null ? null : shown(from.version ?? from.id);
  const server = willServe ? ', and restart the server' : '';
  switch (next) {
    case 'remove-partial': {
      const link = before === null ? 'nothing is live' : `the link stays on ${before}`;
      return `will ${kind === 'deploy' ? 'remove what was staged' : 'end it'}${server}; ${link}`;
    }
    case 'roll-back':
      if (before === null) return 'will take the link away again: nothing was live before';
      return `will put the link back to ${before}${server}`;
    case 'finish-removal':
      return 'will remove what is left of it; what is live stays';
    case 'nothing':
      return 'will do nothing';
  }
}

/** What somebody should know before believing the numbers of a run: a sentence each, of what failed first. Pure. */
import { escapeText } from '../core/index.ts';
import type { BenchmarkRun } from '../evidence/index.ts';
import type { RecordedCandidate, RecordedValue } from './recorded.ts';
import { toRecorded, toRecordedRun } from './to-recorded.ts';

export interface RunNote {
  readonly kind:
    'failed' | 'not-measured' | 'noisy' | 'seen' | 'below-words' | 'plain' | 'unbound' | 'sampled';
  /** Null: of the run as a whole. */
  readonly version: string | null;
  /** Safe to print. */
  readonly text: string;
}

export function runNotes(run: BenchmarkRun): readonly RunNote[] {
  const notes = [...notesOfRun(run), ...run.candidates.flatMap((one) => notesOf(toRecorded(one)))];
  return notes.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

const ORDER: readonly RunNote['kind'][] = [
  'failed',
  'not-measured',
  'noisy',
  'seen',
  'below-words',
  'plain',
  'unbound',
  'sampled',
];

function notesOfRun(run: BenchmarkRun): readonly RunNote[] {
  const { sampled, suiteCases } = toRecordedRun(run);
  if (sampled === null) return [];
  const share = (asked: number | null, all: number | null): string => `${asked ?? '?'} of ${all ?? '?'}`;
  const text = `Each model was asked ${share(sampled.speed, suiteCases.speed)} prompts, ${share(sampled.cove, suiteCases.cove)} cases and ${share(sampled.retrieval, suiteCases.retrieval)} queries of the suite, to stay within a budget.`;
  return [{ kind: 'sampled', version: null, text }];
}

function notesOf(candidate: RecordedCandidate): readonly RunNote[] {
  const { version, conditions, cove, retrieval, latency, sha256 } = candidate;
  const name = escapeText(version);
  const notes: RunNote[] = missingNotes(candidate, name);
  const add = (kind: RunNote['kind'], text: string): void => void notes.push({ kind, version, text });
  if (conditions.noisy === true) {
    const why = conditions.noisyBecause.slice(0, MAX_REASONS).map((reason) => escapeText(reason));
    add('noisy', `The speed of ${name} cannot be trusted${why.length === 0 ? '' : `: ${why.join('; ')}`}.`);
  }
  if (cove.seen === true) {
    add(
      'seen',
      `${name} has seen these questions: it was trained on them, and its scores show less than they seem to.`,
    );
  }
  const { value, keywordBaseline: words } = retrieval;
  if (value !== null && words !== null && value <= words) {
    add(
      'below-words',
      `${name} finds no more (${percent(value)}) than a search for words alone (${percent(words)}).`,
    );
  }
  if (latency.usesChatTemplate === false)
    add('plain', `${name} has no chat template, and was asked in plain text.`);
  if (sha256 === null && notes.every(({ kind }) => kind !== 'failed')) {
    add('unbound', `The run does not say which bytes of ${name} were measured.`);
  }
  return notes;
}

/** One note for all metrics that have the same reason. */
function missingNotes(
  { version, latency, rate, cove, retrieval }: RecordedCandidate,
  name: string,
): RunNote[] {
  const byReason = new Map<string, RunNote & { readonly metrics: string[] }>();
  for (const [metric, { status, reason }] of [
    ['latency', latency],
    ['tokens/s', rate],
    ['CoVe', cove],
    ['retrieval', retrieval],
  ] as const satisfies readonly (readonly [string, RecordedValue])[]) {
    if (status === 'ok') continue;
    const kind = status === 'error' ? 'failed' : 'not-measured';
    const why = reason === null || reason === '' ? 'no reason is stated' : escapeText(reason);
    const known = byReason.get(`${kind} ${why}`);
    if (known === undefined) byReason.set(`${kind} ${why}`, { kind, version, text: why, metrics: [metric] });
    else known.metrics.push(metric);
  }
  return [...byReason.values()].map(({ metrics, text, ...rest }) => ({
    ...rest,
    text:
      metrics.length === METRICS_THAT_COUNT
        ? `${name} ${rest.kind === 'failed' ? 'could not be measured' : 'was not measured'}: ${text}`
        : `${metrics.join(', ')} of ${name} ${metrics.length === 1 ? 'was' : 'were'} not measured: ${text}`,
  }));
}

const METRICS_THAT_COUNT = 4;

/** There are three kinds of them. */
const MAX_REASONS = 5;

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

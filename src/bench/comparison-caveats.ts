/** What else than the model may be the reason for a difference between two runs, a sentence each. Pure. */
import { escapeText } from '../core/index.ts';
import type { BenchmarkRun } from '../evidence/index.ts';
import type { RecordedCandidate } from './recorded.ts';

export function runCaveats(a: BenchmarkRun, b: BenchmarkRun): readonly string[] {
  const facts: readonly (readonly [what: string, a: string | null, b: string | null])[] = [
    ['suite', a.milton?.suite_sha256 ?? null, b.milton?.suite_sha256 ?? null],
    ['machine', a.milton?.machine_sha256 ?? null, b.milton?.machine_sha256 ?? null],
    ['engine', a.milton?.engine ?? null, b.milton?.engine ?? null],
    ['version of the engine', a.milton?.engine_version ?? null, b.milton?.engine_version ?? null],
    ['list of engine flags', joined(a), joined(b)],
  ];
  const unfinished = bothRuns(a, b).flatMap(([name, run]) => [
    ...(run.metadata.dry_run ? [`${name} is a dry run: nothing was measured`] : []),
    ...(run.milton?.incomplete === true ? [`${name} was cut short`] : []),
  ]);
  return [...facts.flatMap(([what, first, second]) => describeFact(what, first, second)), ...unfinished];
}

function joined({ milton }: BenchmarkRun): string | null {
  return milton?.engine_flags?.join(' ') ?? null;
}

function describeFact(what: string, a: string | null, b: string | null): readonly string[] {
  if (a === null && b === null) return [`A and B do not state the ${what}`];
  if (a === null || b === null) return [`${a === null ? 'A' : 'B'} does not state the ${what}`];
  return a === b ? [] : [`the ${what} is not the same in both`];
}

export function candidateCaveats(a: RecordedCandidate, b: RecordedCandidate): readonly string[] {
  const numbers = [
    ['threads', a.conditions.threads, b.conditions.threads],
    ['context tokens', a.conditions.contextTokens, b.conditions.contextTokens],
    ['layers on a GPU', a.conditions.gpuLayers, b.conditions.gpuLayers],
  ] as const;
  const otherBytes = a.sha256 !== null && b.sha256 !== null && a.sha256 !== b.sha256;
  const otherMethod =
    a.retrieval.value !== null && b.retrieval.value !== null && a.retrieval.method !== b.retrieval.method;
  return [
    ...(otherBytes ? ['the bytes that were measured are not the same'] : []),
    ...numbers.flatMap(([what, first, second]) =>
      first === null || second === null || first === second ? [] : [`${first} ${what} in A, ${second} in B`],
    ),
    ...(otherMethod ? ['documents were not ranked in the same way'] : []),
    ...bothRuns(a, b).flatMap(([name, { conditions }]) =>
      conditions.noisy === true ? [`${name} was noisy${describeReasons(conditions.noisyBecause)}`] : [],
    ),
  ];
}

function describeReasons(reasons: readonly string[]): string {
  const shown = reasons.slice(0, MAX_REASONS).map((reason) => escapeText(reason));
  return shown.length === 0 ? '' : `: ${shown.join('; ')}`;
}

/** There are three kinds of them. */
const MAX_REASONS = 5;

function bothRuns<T>(a: T, b: T): readonly (readonly [name: 'A' | 'B', run: T])[] {
  return [
    ['A', a],
    ['B', b],
  ];
}

/** Weights as a person types them, and the check that every set of weights passes before it is used. Pure. */
import { SelectFailure } from './error.ts';
import { parseAssignments, parseDecimal } from './parse-assignments.ts';
import { COMPONENT_NAMES, type ComponentName, type Weights } from './types.ts';

const SPELLINGS: ReadonlyMap<string, ComponentName> = new Map<string, ComponentName>([
  ['latency', 'latency_ms'],
  ['latency_ms', 'latency_ms'],
  ['throughput', 'throughput'],
  ['tokens_per_sec', 'throughput'],
  ['cove', 'cove_pass_rate'],
  ['cove_pass_rate', 'cove_pass_rate'],
  ['retrieval', 'retrieval_score'],
  ['retrieval_score', 'retrieval_score'],
]);

const LABELS = {
  latency_ms: 'latency',
  throughput: 'throughput',
  cove_pass_rate: 'cove',
  retrieval_score: 'retrieval',
} as const satisfies { readonly [Name in ComponentName]: string };

/**
 * Reads `latency=0.4,throughput=0.6`, or the JSON names. A name that is not given counts 0: what is typed is the whole policy. The sum is
 * free, weights are normalised on use. Throws `SELECT_WEIGHTS_INVALID`.
 */
export function parseWeights(text: string): Weights {
  const values = parseAssignments(text, {
    code: 'SELECT_WEIGHTS_INVALID',
    noun: 'weight',
    spellings: SPELLINGS,
    labels: LABELS,
  });
  const weights = Object.fromEntries(
    COMPONENT_NAMES.map((name) => {
      const value = values.get(name);
      return [name, value === undefined ? 0 : parseDecimal(value)];
    }),
  ) as Weights;
  assertWeights(weights);
  return weights;
}

/** Throws `SELECT_WEIGHTS_INVALID` unless every weight is a finite number of at least 0. */
export function assertWeights(weights: Weights): void {
  for (const name of COMPONENT_NAMES) {
    const value = weights[name];
    if (Number.isFinite(value) && value >= 0) continue;
    throw new SelectFailure(
      'SELECT_WEIGHTS_INVALID',
      `The weight ${LABELS[name]} must be a number of at least 0.`,
      {
        details: { weight: name, expected: 'a number of at least 0', received: String(value) },
      },
    );
  }
}

/** What was graded as `cove_pass_rate` and `retrieval_score` of a run file, in percent. */
import type { Metric } from '../evidence/index.ts';
import type { CoveMeasurement } from './measure-cove.ts';
import type { RetrievalMeasurement } from './measure-retrieval.ts';
import { measured, skipped } from './metric.ts';
import { bootstrapInterval } from './statistics/bootstrap.ts';
import { seededRandom } from './statistics/seeded-random.ts';
import { mean } from './statistics/summary.ts';
import { wilsonInterval } from './statistics/wilson.ts';

/** `seen`: whether the model was trained on these questions; null where nobody says. `count`: of the cases to be asked. */
export function toCoveMetric(
  { results, constrained, usesChatTemplate, isComplete }: CoveMeasurement,
  { seen, count }: { readonly seen: boolean | null; readonly count: number },
): Metric {
  const passed = results.filter((result) => result.passed).length;
  const metadata = {
    passed,
    count: results.length,
    interval_95: results.length === 0 ? null : wilsonInterval(passed, results.length).map(toPercent),
    final_right: results.filter(({ finalRight }) => finalRight).length,
    verdict_right: results.filter(({ verdictRight }) => verdictRight).length,
    cases: results.map((result) => ({
      id: result.id,
      category: result.category,
      draft_is_right: result.draftIsRight,
      passed: result.passed,
      final_answer: result.finalAnswer,
      final_right: result.finalRight,
      verdict: result.verdict,
      verdict_right: result.verdictRight,
      checks: result.checks.map(({ question, answer }) => ({ question, answer })),
      error: result.error,
    })),
    constrained,
    chat_template: usesChatTemplate,
    seen,
  };
  if (!isComplete) return skipped(`interrupted after ${results.length} of ${count} cases`, metadata);
  return measured(toPercent(passed / results.length), metadata);
}

export function toRetrievalMetric(measurement: RetrievalMeasurement | null): Metric {
  if (measurement === null) return skipped('interrupted before every document had been read');
  const { method, queries, documentCount, keywordF1 } = measurement;
  const scores = queries.map(({ f1 }) => f1);
  const interval = bootstrapInterval(scores, mean, { random: seededRandom(BOOTSTRAP_SEED) });
  return measured(toPercent(mean(scores)), {
    method,
    count: queries.length,
    documents: documentCount,
    interval_95: interval.map(toPercent),
    keyword_baseline: toPercent(keywordF1),
    queries: queries.map(({ id, f1, relevant, ranked }) => ({ id, f1, relevant, ranked })),
  });
}

/** Floating point must not make more than 100 of everything. */
function toPercent(share: number): number {
  return Math.min(100, Math.max(0, share * 100));
}

const BOOTSTRAP_SEED = 1;

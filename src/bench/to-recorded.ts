/** Reads what a run says of a candidate beyond its schema, as far as it does: any program may have written it. Pure. */
import type { JsonObject } from '../core/index.ts';
import type { BenchmarkRun, Candidate, Metric } from '../evidence/index.ts';
import type {
  RecordedCandidate,
  RecordedCase,
  RecordedConditions,
  RecordedCounts,
  RecordedCove,
  RecordedPrompt,
  RecordedQuery,
  RecordedRetrieval,
  RecordedRun,
  RecordedSpeed,
  RecordedValue,
} from './recorded.ts';
import {
  statedInterval,
  statedNumber,
  statedNumbers,
  statedObject,
  statedObjects,
  statedText,
  statedTexts,
  statedTruth,
} from './stated.ts';
import type { Summary } from './statistics/summary.ts';

export function toRecorded(candidate: Candidate): RecordedCandidate {
  const { version, quantization, artifact, metrics } = candidate;
  return {
    version,
    quantization,
    sha256: artifact?.sha256 ?? null,
    sizeBytes: artifact?.size_bytes ?? null,
    latency: toSpeed(metrics.latency_ms),
    rate: toSpeed(metrics.tokens_per_sec),
    cove: toCove(metrics.cove_pass_rate),
    retrieval: toRetrieval(metrics.retrieval_score),
    peakRam: toValue(metrics.peak_ram_mb),
    peakVram: toValue(metrics.peak_vram_mb),
    // Candidates are open objects: what is not in their type is there all the same.
    conditions: toConditions(statedObject(candidate, 'conditions')),
  };
}

export function toRecordedRun({ milton = {} }: BenchmarkRun): RecordedRun {
  // What stands under `milton` is open, too.
  const stated = milton as JsonObject;
  const suite = statedObject(stated, 'suite');
  const sampled = toCounts(statedObject(suite, 'sampled'));
  return {
    suiteName: statedText(suite, 'name'),
    suiteCases: toCounts(statedObject(suite, 'cases')),
    sampled: Object.values(sampled).every((count) => count === null) ? null : sampled,
    budgetMs: statedNumber(stated, 'budget_ms'),
  };
}

function toCounts(counts: JsonObject): RecordedCounts {
  return {
    speed: statedNumber(counts, 'speed'),
    cove: statedNumber(counts, 'cove'),
    retrieval: statedNumber(counts, 'retrieval'),
  };
}

function toValue({ status, value, error_message }: Metric): RecordedValue {
  return { status, value: status === 'ok' ? value : null, reason: status === 'ok' ? null : error_message };
}

function toSpeed(metric: Metric): RecordedSpeed {
  const { metadata } = metric;
  return {
    ...toValue(metric),
    summary: toSummary(statedObject(metadata, 'summary')),
    interval: statedInterval(metadata, 'value_interval_95'),
    prompts: statedObjects(metadata, 'prompts').flatMap(toPrompt),
    rounds: statedNumber(metadata, 'rounds'),
    loadMs: statedNumber(metadata, 'load_ms'),
    source: statedText(metadata, 'source'),
    wallClockMedian: statedNumber(statedObject(metadata, 'wall_clock'), 'median'),
    promptRateMedian: statedNumber(statedObject(metadata, 'prompt_tokens_per_sec'), 'median'),
    differencePerTokenUs: statedNumber(metadata, 'difference_per_token_us'),
    totalMsMedian: statedNumber(statedObject(metadata, 'total_latency_ms'), 'median'),
    usesChatTemplate: statedTruth(metadata, 'chat_template'),
  };
}

function toPrompt(prompt: JsonObject): readonly RecordedPrompt[] {
  const id = statedText(prompt, 'id');
  if (id === null) return [];
  return [
    {
      id,
      category: statedText(prompt, 'category'),
      summary: toSummary(statedObject(prompt, 'summary')),
      samples: statedNumbers(prompt, 'samples').filter((sample) => sample > 0),
    },
  ];
}

/** Null where any of its numbers is missing. */
function toSummary(summary: JsonObject): Summary | null {
  const numbers = SUMMARY_NUMBERS.map((name) => [name, statedNumber(summary, name)] as const);
  const interval_95 = statedInterval(summary, 'interval_95');
  if (interval_95 === null || numbers.some(([, value]) => value === null)) return null;
  return { ...(Object.fromEntries(numbers) as Omit<Summary, 'interval_95'>), interval_95 };
}

const SUMMARY_NUMBERS = [
  'count',
  'mean',
  'median',
  'standard_deviation',
  'min',
  'max',
  'p95',
  'p99',
] as const satisfies readonly (keyof Summary)[];

function toCove(metric: Metric): RecordedCove {
  const { metadata } = metric;
  return {
    ...toValue(metric),
    passed: statedNumber(metadata, 'passed'),
    count: statedNumber(metadata, 'count'),
    interval: statedInterval(metadata, 'interval_95'),
    finalRight: statedNumber(metadata, 'final_right'),
    verdictRight: statedNumber(metadata, 'verdict_right'),
    constrained: statedTruth(metadata, 'constrained'),
    seen: statedTruth(metadata, 'seen'),
    cases: statedObjects(metadata, 'cases').flatMap(toCase),
  };
}

function toCase(one: JsonObject): readonly RecordedCase[] {
  const [id, passed] = [statedText(one, 'id'), statedTruth(one, 'passed')];
  if (id === null || passed === null) return [];
  return [
    {
      id,
      passed,
      category: statedText(one, 'category'),
      draftIsRight: statedTruth(one, 'draft_is_right'),
      finalAnswer: statedText(one, 'final_answer'),
      finalRight: statedTruth(one, 'final_right'),
      verdict: statedText(one, 'verdict'),
      verdictRight: statedTruth(one, 'verdict_right'),
    },
  ];
}

function toRetrieval(metric: Metric): RecordedRetrieval {
  const { metadata } = metric;
  return {
    ...toValue(metric),
    method: statedText(metadata, 'method'),
    count: statedNumber(metadata, 'count'),
    documents: statedNumber(metadata, 'documents'),
    interval: statedInterval(metadata, 'interval_95'),
    keywordBaseline: statedNumber(metadata, 'keyword_baseline'),
    queries: statedObjects(metadata, 'queries').flatMap(toQuery),
  };
}

function toQuery(query: JsonObject): readonly RecordedQuery[] {
  const [id, f1] = [statedText(query, 'id'), statedNumber(query, 'f1')];
  if (id === null || f1 === null || f1 < 0 || f1 > 1) return [];
  return [{ id, f1, relevant: statedTexts(query, 'relevant'), ranked: statedTexts(query, 'ranked') }];
}

function toConditions(conditions: JsonObject): RecordedConditions {
  const load = statedObject(conditions, 'load_average');
  return {
    startedAt: statedText(conditions, 'started_at'),
    finishedAt: statedText(conditions, 'finished_at'),
    loadBefore: statedNumber(load, 'before'),
    loadAfter: statedNumber(load, 'after'),
    throttled: statedTruth(conditions, 'throttled'),
    noisy: statedTruth(conditions, 'noisy'),
    noisyBecause: statedTexts(conditions, 'noisy_because'),
    threads: statedNumber(conditions, 'threads'),
    contextTokens: statedNumber(conditions, 'context_tokens'),
    gpuLayers: statedNumber(conditions, 'gpu_layers'),
    device: statedText(conditions, 'device'),
  };
}

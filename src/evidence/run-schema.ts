/**
 * The schema of a run file (formats page, "benchmarks/runs"). Open objects keep keys that we do not know; closed ones
 * drop them, so that what we write again is what the Python loader accepts. Loads zod: import it on first use only.
 */
import { z } from 'zod';
import { ARTIFACT_TYPES } from '../core/index.ts';
import { MAX_CANDIDATES, MAX_ENGINE_FLAGS, MAX_ENGINE_TEXT } from './limits.ts';
import { parseTimestamp } from './timestamp.ts';
import { METRIC_STATUSES, MODEL_TYPES } from './types.ts';

const name = z.string().min(1);
const nullableText = z.string().nullable().default(null);
const nullableAmount = z.number().nonnegative().nullable().default(null);
const nullableCount = z.int().nonnegative().nullable().default(null);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');
const timestamp = z.string().refine((text) => parseTimestamp(text) !== null, 'a time in ISO 8601');

const metric = z.looseObject({
  status: z.enum(METRIC_STATUSES),
  value: z.number().nullable(),
  error_message: nullableText,
  metadata: z.record(z.string(), z.json()).default({}),
});

const NOT_MEASURED = { status: 'skipped', value: null, error_message: null, metadata: {} } as const;

const metrics = z.looseObject({
  latency_ms: metric,
  tokens_per_sec: metric,
  // Nothing is decided by the peaks: a run without them is a run that did not measure them.
  peak_vram_mb: metric.default(NOT_MEASURED),
  peak_ram_mb: metric.default(NOT_MEASURED),
  cove_pass_rate: metric,
  retrieval_score: metric,
});

const artifact = z.looseObject({
  type: z.enum(ARTIFACT_TYPES),
  path: z.string(),
  sha256,
  size_bytes: z.int().nonnegative(),
});

const candidate = z.looseObject({
  version: name,
  model_type: z.enum(MODEL_TYPES),
  model_path: z.string(),
  base_model: z.string(),
  quantization: nullableText,
  distilled_from: nullableText,
  file_size_mb: nullableAmount,
  parameter_count: nullableCount,
  metrics,
  artifact: artifact.nullable().exactOptional(),
});

const metadata = z.object({
  run_id: name,
  timestamp,
  git_sha: nullableText,
  git_branch: nullableText,
  git_dirty: z.boolean().nullable().default(null),
  command_line: nullableText,
  dry_run: z.boolean(),
});

const systemInfo = z.object({
  hostname: nullableText,
  platform: nullableText,
  platform_version: nullableText,
  python_version: nullableText,
  cpu_info: nullableText,
  cpu_count: nullableCount,
  total_ram_gb: nullableAmount,
  gpu_info: nullableText,
  cuda_version: nullableText,
});

const extras = z.looseObject({
  node_version: z.string().nullable().exactOptional(),
  incomplete: z.boolean().exactOptional(),
  suite_sha256: sha256.nullable().exactOptional(),
  machine_sha256: sha256.nullable().exactOptional(),
  engine: z.string().max(MAX_ENGINE_TEXT).nullable().exactOptional(),
  engine_version: z.string().max(MAX_ENGINE_TEXT).nullable().exactOptional(),
  engine_flags: z.array(z.string().max(MAX_ENGINE_TEXT)).max(MAX_ENGINE_FLAGS).nullable().exactOptional(),
});

export const runSchema = z.looseObject({
  metadata,
  system_info: systemInfo,
  candidates: z.array(candidate).max(MAX_CANDIDATES),
  milton: extras.exactOptional(),
});

export type SchemaIssue = z.core.$ZodIssue;

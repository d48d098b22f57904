/** The keys of the closed objects that are shared with the Python side, as its loaders know them and no others. */
export const RECORD_KEYS: readonly string[] = [
  'deployment_id',
  'timestamp',
  'bundle_id',
  'model_version',
  'target_path',
  'status',
  'checksum_verified',
  'load_test_passed',
  'error_message',
];

export const MANIFEST_KEYS: readonly string[] = [
  'bundle_id',
  'created_at',
  'model_version',
  'model_path',
  'artifact_type',
  'registry_entry',
  'benchmark_summary',
  'files',
  'total_size_bytes',
];

/** The top level of a registry entry. */
export const ENTRY_KEYS: readonly string[] = [
  'version',
  'base_model',
  'distilled_from',
  'quantization',
  'model_path',
  'timestamp',
  'metrics',
  'active',
  'last_good',
  'commit_hash',
];

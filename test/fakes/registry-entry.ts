/** Registry entries for tests, shaped as the Python tool writes them; every field can be overridden. */
import type { RegistryEntry } from '../../src/registry/index.ts';

export function toEntry(version: string, rest: Partial<RegistryEntry> = {}): RegistryEntry {
  return {
    version,
    base_model: 'Llama-3.1-8B-Instruct-HF',
    distilled_from: null,
    quantization: 'Q4_0',
    model_path: `/srv/models/${version}`,
    timestamp: '2026-01-11T19:25:18.816380+00:00',
    metrics: {},
    active: false,
    last_good: false,
    commit_hash: null,
    ...rest,
  };
}

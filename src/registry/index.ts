/** `registry`: which models exist (`registry.json`), and resolving a version to an artifact on disk. */
export { compareEntries } from './compare.ts';
export { REGISTRY_FAILURES, RegistryFailure, type RegistryCode } from './error.ts';
export {
  toRegistryEntry,
  type GgufToRegister,
  type HfToRegister,
  type ModelToRegister,
} from './new-entry.ts';
export { ENTRY_FIELDS as REGISTRY_ENTRY_FIELDS } from './parse-registry.ts';
export { openRegistry, type Registry, type RegistryOptions } from './registry.ts';
export { placeQuantizations, type PlacedGguf, type Placement, type Quantizations } from './quantizations.ts';
export { findGgufPath, resolveArtifact } from './resolve-artifact.ts';
export type {
  Activation,
  Comparison,
  EntryFilter,
  MetricDelta,
  NewRegistryEntry,
  Registration,
  RegistryEntry,
  RegistryStats,
  ResolvedArtifact,
} from './types.ts';

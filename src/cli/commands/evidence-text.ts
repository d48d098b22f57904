/** What a bundle says of its evidence, in one line. */
import type { BundleMetadata } from '../../bundle/index.ts';
import { shown } from '../text-style.ts';

export function describeEvidence({ edge, benchmarkSummary }: BundleMetadata): string {
  if (edge === null) return describeUnstated(benchmarkSummary['run_id']);
  const { kind, run_id } = edge.evidence;
  return run_id === null ? `${kind}: no run was given` : `${kind} by ${shown(run_id)}`;
}

/** The Python tool names a run, and states no digest. */
function describeUnstated(runId: unknown): string {
  return typeof runId === 'string'
    ? `unbound: ${shown(runId)} does not say which bytes it measured`
    : 'none: no run was given';
}

/** The words of the room: what is deployed where, and what came of it. */
import type { ArtifactType, JsonObject, Warning } from '../core/index.ts';
import type { Evidence, BenchmarkSummary } from '../evidence/index.ts';
import type { EndState } from './machine.ts';
import type { RetentionReport } from './retention-report.ts';
import type { ServiceReport } from './service.ts';

/** What is known of a release, never inferred from a folder: only good ones are offered for rollback. */
export type Verdict = 'good' | 'bad' | 'unknown';

/** Which bytes a transaction is about. */
export interface ReleaseFacts {
  readonly version: string;
  readonly bundleId: string;
  readonly artifactType: ArtifactType;
  /** Hex SHA-256 of the artifact. */
  readonly artifactSha256: string;
  readonly evidence: Evidence | null;
  readonly summary: BenchmarkSummary | null;
  /** The timestamp of the registry entry that it was made from: tells that entry from a later one of the same version. */
  readonly registeredAt: string | null;
}

/** The nine fields of the formats page, "Deployment record". A closed object. */
export type DeploymentRecord = {
  readonly deployment_id: string;
  readonly timestamp: string;
  readonly bundle_id: string;
  readonly model_version: string;
  readonly target_path: string;
  readonly status: 'success' | 'failed' | 'rolled_back';
  readonly checksum_verified: boolean;
  readonly load_test_passed: boolean;
  readonly error_message: string | null;
};

export const LOAD_TEST_KINDS = ['inference', 'structure', 'external', 'skipped'] as const;
export type LoadTestKind = (typeof LOAD_TEST_KINDS)[number];

/** What the load test saw. Times in milliseconds; `null` where the kind of test does not tell. */
export type LoadTestReport = {
  readonly kind: LoadTestKind;
  readonly passed: boolean;
  readonly engine: string | null;
  readonly engine_version: string | null;
  /** What somebody gave that engine beside the model; null where nothing. */
  readonly engine_flags: readonly string[] | null;
  readonly tokens: number | null;
  /** The name of the fixed prompt: figures of different prompts are not comparable. */
  readonly prompt: string | null;
  readonly load_ms: number | null;
  readonly time_to_first_token_ms: number | null;
  readonly tokens_per_second: number | null;
  readonly peak_rss_bytes: number | null;
  /** The benchmark's own figures, to stand beside. */
  readonly benchmark_latency_ms: number | null;
  readonly benchmark_tokens_per_second: number | null;
  /** What the model answered to the smoke prompt; null where none was asked. */
  readonly smoke_answer: string | null;
  /** Why there was no more of a test, or what was tested instead. */
  readonly note: string | null;
};

/** What stood at the target before, and is a release now. */
export type AdoptedReport = {
  readonly release_id: string;
  readonly kind: 'folder' | 'link';
  /** Where it is kept. */
  readonly path: string;
  /** `exchange`: in one step · `two-steps`: for a moment nothing stood there · `relinked`: one link took the place of another. */
  readonly method: 'exchange' | 'two-steps' | 'relinked';
};

export interface DeploymentOutcome {
  readonly record: DeploymentRecord;
  readonly state: EndState | 'dry-run';
  readonly bundlePath: string | null;
  readonly releasePath: string | null;
  readonly artifactSha256: string | null;
  readonly evidence: Evidence | null;
  /** Of the registry entry that it was made from; null where it was made from none. */
  readonly registeredAt: string | null;
  readonly loadTest: LoadTestReport;
  readonly dryRun: boolean;
  /** The same bytes were live already: nothing was changed. */
  readonly alreadyLive: boolean;
  /** What was live before, or null. */
  readonly previousReleaseId: string | null;
  /** Null where nothing was adopted. */
  readonly adopted: AdoptedReport | null;
  /** False without a restart command: a running server keeps the old release until somebody restarts it. */
  readonly restarted: boolean;
  /** What the server answered; null where nothing was asked. */
  readonly service: ServiceReport | null;
  /** By which policy it was taken, and who vouches for it, as the journal has it; null without a policy. */
  readonly trust: JsonObject | null;
  /** Which earlier releases and bundles went, or would go; null where nothing was to be looked at. */
  readonly retention: RetentionReport | null;
  readonly warnings: readonly Warning[];
}

/** Everything about an attempt that the nine fields cannot say: `details_<id>.json`. */
export type DeploymentDetails = JsonObject;

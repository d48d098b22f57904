/** How a deployment is to be done, as its operator says. */
import type { Permissions } from './release-folder.ts';
import { NO_GATES, type Gates } from './gates.ts';
import { DEFAULT_LOAD_TEST_TOKENS } from './limits.ts';
import { DEFAULT_RETENTION, type RetentionPolicy } from './retention.ts';
import { EMBEDDED_TESTER, type LoadTester } from './load-tester.ts';
import { NO_SERVICE, type ServiceSettings } from './service-settings.ts';
import type { KnownRelease } from './target-view.ts';

export interface DeployOptions {
  readonly dryRun: boolean;
  /** In a dry run of a bundle: also unpack it into a private folder and run the load test. */
  readonly withLoadTest: boolean;
  /** Lets a digest mismatch pass; such a release is never a rollback candidate. */
  readonly skipChecksum: boolean;
  readonly skipLoadTest: boolean;
  readonly loadTestTokens: number;
  /** How long each call of the load test may take, in milliseconds; null for two minutes and the time to read the file. */
  readonly loadTestTimeoutMs: number | null;
  /** Who runs the load test. */
  readonly tester: LoadTester;
  readonly allowNetworkFs: boolean;
  readonly retryBad: boolean;
  /** Lets somebody else's folder or link at the target become the previous release. */
  readonly adopt: boolean;
  /** Refuses a suspicious chat template instead of warning of it. */
  readonly strict: boolean;
  /** Takes a release with files that run code when they are loaded. */
  readonly allowUnsafeFiles: boolean;
  /** Why a release with a lower counter than one that was here may go live, where a policy allows it; null refuses it. */
  readonly allowDowngrade: string | null;
  /** The release whose very content is put back: who vouches for it was judged when it first went live. Null for anything new. */
  readonly restores: KnownRelease | null;
  readonly permissions: Permissions;
  /** What the load test must show. */
  readonly gates: Gates;
  /** How the server is restarted and probed. */
  readonly service: ServiceSettings;
  /** Takes the settings of the last deployment that had any, instead of `service`. */
  readonly sameService: boolean;
  /** What stays of earlier releases and bundles once this one is live. */
  readonly retention: RetentionPolicy;
}

/** What holds unless somebody says otherwise. */
export const DEFAULT_DEPLOY_OPTIONS: DeployOptions = {
  dryRun: false,
  withLoadTest: false,
  skipChecksum: false,
  skipLoadTest: false,
  loadTestTokens: DEFAULT_LOAD_TEST_TOKENS,
  loadTestTimeoutMs: null,
  tester: EMBEDDED_TESTER,
  allowNetworkFs: false,
  retryBad: false,
  adopt: false,
  strict: false,
  allowUnsafeFiles: false,
  allowDowngrade: null,
  restores: null,
  permissions: { fileMode: 0o644, groupId: null },
  gates: NO_GATES,
  service: NO_SERVICE,
  sameService: false,
  retention: DEFAULT_RETENTION,
};

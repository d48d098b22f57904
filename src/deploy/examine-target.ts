/** A target as a deployment finds it, with the reason why one would be refused there told and not thrown. Changes nothing. */
import { Failure } from '../core/index.ts';
import type { TargetLayout } from './layout.ts';
import { DISK_MARGIN_BYTES } from './limits.ts';
import { surveyAhead } from './survey-target.ts';
import type { TargetFacts } from './target-facts.ts';
import { assertUsableTarget } from './usable-target.ts';

export interface ExaminedTarget {
  readonly targetPath: string;
  /** Null where the target could not even be looked at. */
  readonly facts: TargetFacts | null;
  /** `PLATFORM_UNSUPPORTED`, `TARGET_*`, `DEPLOY_JOURNAL_DAMAGED`, `SYSTEM_*`; null where a deployment may begin. */
  readonly refusal: Failure | null;
  /** What is asked for beside any release. */
  readonly marginBytes: number;
}

export async function examineTarget(
  layout: TargetLayout,
  options: { readonly allowNetworkFs: boolean },
): Promise<ExaminedTarget> {
  const { targetPath } = layout;
  const marginBytes = DISK_MARGIN_BYTES;
  let facts: TargetFacts | null = null;
  try {
    facts = await surveyAhead(layout);
    assertUsableTarget(facts, options);
    return { targetPath, facts, refusal: null, marginBytes };
  } catch (refusal) {
    if (!(refusal instanceof Failure)) throw refusal;
    return { targetPath, facts, refusal, marginBytes };
  }
}

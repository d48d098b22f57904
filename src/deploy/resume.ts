/** Ends what a crash left unfinished on a target, as the table says, and does nothing else: for a person, or a unit at boot. */
import type { DeployContext } from './context.ts';
import { DeployFailure } from './error.ts';
import { withSettledTarget, type Settled } from './settle.ts';
import { surveyTarget } from './survey-target.ts';

export interface ResumeOptions {
  readonly allowNetworkFs: boolean;
  /** False leaves the server alone: at boot it is started afterwards, and reads the link then. */
  readonly restart: boolean;
}

/** Null where nothing was left unfinished. Throws `TARGET_*`, `DEPLOY_STUCK`, `DEPLOY_JOURNAL_DAMAGED`, `SYSTEM_*`. */
export async function resumeTarget(options: ResumeOptions, context: DeployContext): Promise<Settled | null> {
  const { layout } = context;
  // A look first: where nothing was begun, not even a lock is written.
  if ((await surveyTarget(layout)).view.unfinished === null) return null;
  const how = { command: 'resume', ...options };
  const settled = await withSettledTarget(context, how, (found) => Promise.resolve(found));
  if (settled?.state !== 'stuck') return settled;
  throw new DeployFailure(
    'DEPLOY_STUCK',
    `${settled.transaction} had ended while it was ${settled.crashedIn}, and going back failed.`,
    { aftermath: 'partial', details: { target_path: layout.targetPath, transaction: settled.transaction } },
  );
}

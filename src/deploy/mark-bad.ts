/** Writes down that previous releases are damaged on disk, so that nobody is sent back to them. Their folders stay as they are. */
import { toDeploymentId } from '../core/index.ts';
import { readWho, withTargetLock, type DeployContext } from './context.ts';
import { toDamagedFacts, type DamagedRelease } from './journal-facts.ts';
import { appendJournal, readJournal, type JournalLine } from './journal.ts';
import { surveyTarget } from './survey-target.ts';
import { viewJournal } from './target-view.ts';
import { toLine } from './transaction.ts';

/** One line for each: going back to it is refused from now on, and why. */
export async function markBad(bad: readonly DamagedRelease[], context: DeployContext): Promise<void> {
  const { layout, clock } = context;
  await withTargetLock(context, 'repair', async () => {
    const { occupant } = await surveyTarget(layout);
    const liveId = occupant.kind === 'release' ? occupant.releaseId : null;
    for (const damaged of bad) {
      const lines = await readJournal(layout.journalFile);
      const view = viewJournal(lines);
      const known = view.releases.find(({ id }) => id === damaged.releaseId);
      // Somebody went back to it meanwhile: it was hashed then.
      if (known === undefined || known.id === liveId) continue;
      const at = clock.now();
      const head = {
        id: freeName(known.version, at, lines),
        kind: 'rollback' as const,
        from: liveId,
        to: known.id,
        version: known.version,
        bundleId: known.bundleId,
        artifactSha256: known.artifactSha256,
        who: await readWho(),
        why: 'found damaged on disk',
      };
      const line = toLine(head, { seq: view.lastSeq + 1, state: 'refused', at });
      const facts = { damaged: toDamagedFacts(damaged) };
      await appendJournal(layout.journalFile, { ...line, facts, verdicts: { [known.id]: 'bad' } });
    }
  });
}

/** The clocks of small machines repeat themselves. */
function freeName(version: string, at: Date, lines: readonly JournalLine[]): string {
  for (let laterMs = 0; ; laterMs += 1) {
    const id = toDeploymentId('rollback', version, new Date(at.getTime() + laterMs));
    if (!lines.some(({ transaction }) => transaction === id)) return id;
  }
}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { previousGood, viewJournal } from '../../../src/deploy/target-view.ts';
import { JournalScript, toJournalLine } from '../../fakes/journal.ts';

const [A, B, C] = ['deploy_a', 'deploy_b', 'deploy_c'] as const;

describe('viewJournal', () => {
  it('sees nothing in an empty journal', () => {
    expect(viewJournal([])).toEqual({
      releases: [],
      unfinished: null,
      service: null,
      tester: null,
      lastSeq: 0,
    });
  });

  it('knows each release, its verdict and when it last went live', () => {
    const { lines } = new JournalScript().deploy(A).deploy(B, ['planned', 'staging', 'refused']);
    const { releases, unfinished, lastSeq } = viewJournal(lines);
    expect(releases.map(({ id, verdict, liveSince }) => [id, verdict, liveSince])).toEqual([
      [A, 'good', '2026-01-01T00:00:03.000+00:00'],
      [B, 'unknown', null],
    ]);
    expect([unfinished, lastSeq]).toEqual([null, 6]);
  });

  it('orders by the last time live, not by name or clock', () => {
    const { lines } = new JournalScript().deploy(A).deploy(B).rollBack(A);
    const past = lines.map((line) => ({ ...line, at: '1970-01-01T00:00:00.000+00:00' }));
    expect(viewJournal(past).releases.map(({ id }) => id)).toEqual([B, A]);
  });

  it('finds the run that has no end, and its last line', () => {
    const { lines } = new JournalScript().deploy(A).deploy(B, ['planned', 'staging', 'activating']);
    expect(viewJournal(lines).unfinished).toMatchObject({ transaction: B, state: 'activating', from: A });
  });

  it('is not confused by a later run that has ended', () => {
    const script = new JournalScript().deploy(A, ['planned', 'staging']).deploy(B);
    expect(viewJournal(script.lines).unfinished).toMatchObject({ transaction: A, state: 'staging' });
  });

  it('keeps the digest that an earlier line gave, and ignores a verdict about nobody', () => {
    const lines = [
      toJournalLine({ to: A, artifact_sha256: 'd1' }),
      toJournalLine({ to: A, artifact_sha256: '', verdicts: { deploy_nobody: 'bad', __proto__: 'bad' } }),
    ];
    expect(viewJournal(lines).releases).toMatchObject([{ id: A, artifactSha256: 'd1', verdict: 'unknown' }]);
  });
});

describe('previousGood', () => {
  const after = (script: JournalScript, live: string | null) =>
    previousGood(viewJournal(script.lines), live)?.id ?? null;

  it('is the good one that was live before', () => {
    const script = new JournalScript().deploy(A).deploy(B).deploy(C);
    expect(after(script, C)).toBe(B);
  });

  it('is none where only one was ever live', () => {
    expect(after(new JournalScript().deploy(A), A)).toBeNull();
    expect(after(new JournalScript(), null)).toBeNull();
  });

  it('goes further back at each rollback, never forward again, until nothing is left', () => {
    const script = new JournalScript().deploy(A).deploy(B).deploy(C).rollBack(B);
    expect(after(script, B)).toBe(A);
    script.rollBack(A);
    expect(after(script, A)).toBeNull();
  });

  it('comes back to a release that was left, once it went live anew', () => {
    const script = new JournalScript().deploy(A).deploy(B).rollBack(A).rollBack(B).deploy(C);
    expect(after(script, C)).toBe(B);
  });

  it('leaves out what never went live, what is bad and what is unknown', () => {
    const script = new JournalScript().deploy(A).deploy(B, ['planned', 'refused']).deploy(C);
    expect(after(script, C)).toBe(A);
    script.lines.push(toJournalLine({ seq: 99, to: C, state: 'live', verdicts: { [A]: 'bad' } }));
    expect(after(script, C)).toBeNull();
  });

  it('never offers what is live, and never the same twice in a row of rollbacks', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 8 }), (names) => {
        const script = new JournalScript();
        let live: string | null = null;
        for (const [index, name] of names.entries()) script.deploy((live = `deploy_${name}${index}`));
        const seen = new Set<string | null>([live]);
        for (let next = after(script, live); next !== null; next = after(script, live)) {
          expect(seen.has(next)).toBe(false);
          seen.add(next);
          script.rollBack((live = next));
        }
        expect(seen.size).toBe(Math.max(1, names.length));
      }),
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { State } from '../../../src/deploy/machine.ts';
import { lastLive, previousGood, viewJournal, wasLive } from '../../../src/deploy/target-view.ts';
import { JournalScript, toJournalLine } from '../../fakes/journal.ts';

const [A, B, C] = ['deploy_a', 'deploy_b', 'deploy_c'] as const;

describe('viewJournal', () => {
  it('sees nothing in an empty journal', () => {
    expect(viewJournal([])).toEqual({
      releases: [],
      removed: [],
      unfinished: null,
      adopting: null,
      service: null,
      tester: null,
      trust: { policySha256: null, policyPath: null, counters: new Map() },
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

describe('viewJournal, of an adoption', () => {
  const ADOPTED = 'adopt_20260101_000000_000';
  const adopts = { release_id: ADOPTED, kind: 'folder', device: '8', inode: '7', born_ns: '5', files: null };
  const lines = (...states: readonly State[]) =>
    states.map((state, index) =>
      toJournalLine({
        seq: index + 1,
        to: A,
        from: ADOPTED,
        state,
        facts: state === 'planned' ? { adopts } : {},
      }),
    );

  it('knows what is being adopted while the run has no end', () => {
    const view = viewJournal(lines('planned', 'activating'));
    expect(view.adopting).toMatchObject({ releaseId: ADOPTED, thing: { kind: 'folder', inode: '7' } });
    expect(view.releases.map(({ id }) => id)).toEqual([A]);
  });

  it.each(['live', 'stuck'] as const)(
    'has it among the releases once the run is %s, unknown and before the new one',
    (state) => {
      const { releases, adopting } = viewJournal(lines('planned', 'activating', state));
      expect(adopting).toBeNull();
      const [adopted] = releases.filter(({ id }) => id === ADOPTED);
      expect(adopted).toMatchObject({
        version: 'adopted',
        verdict: 'unknown',
        unknownBecause: 'it was adopted, without digests',
        liveSince: null,
        adopted: { releaseId: ADOPTED },
      });
      expect(releases.filter(wasLive).map(({ id }) => id)).toEqual(
        state === 'live' ? [ADOPTED, A] : [ADOPTED],
      );
    },
  );

  it.each(['refused', 'failed', 'rolled-back'] as const)(
    'knows nothing of it where the run is %s',
    (state) => {
      expect(viewJournal(lines('planned', state)).releases.map(({ id }) => id)).toEqual([A]);
    },
  );

  it('stays unknown and adopted after somebody went back to it', () => {
    const back = toJournalLine({
      seq: 4,
      transaction: 'rollback_x',
      kind: 'rollback',
      to: ADOPTED,
      from: A,
      state: 'live',
      artifact_sha256: '',
      verdicts: { [ADOPTED]: 'unknown', [A]: 'unknown' },
    });
    const { releases } = viewJournal([...lines('planned', 'activating', 'live'), back]);
    expect(releases.at(-1)).toMatchObject({
      id: ADOPTED,
      verdict: 'unknown',
      adopted: { releaseId: ADOPTED },
    });
    expect(releases[0]).toMatchObject({ id: A, unknownBecause: 'rolled back from' });
    expect(previousGood(viewJournal([...lines('planned', 'live'), back]), A)).toBeNull();
  });
});

describe('viewJournal of a journal with removals', () => {
  const idsOf = (script: JournalScript) => {
    const { releases, removed, unfinished } = viewJournal(script.lines);
    return {
      releases: releases.map(({ id }) => id),
      removed: removed.map(({ id }) => id),
      unfinished: unfinished?.state ?? null,
    };
  };

  it('offers a release no more as soon as it is being removed', () => {
    const script = new JournalScript().deploy(A).deploy(B).deploy(C).prune(B, ['removing']);
    expect(idsOf(script)).toEqual({ releases: [A, C], removed: [B], unfinished: 'removing' });
    expect(previousGood(viewJournal(script.lines), C)?.id).toBe(A);
  });

  it('sees nothing unfinished once it is removed, and knows it still', () => {
    const script = new JournalScript().deploy(A).deploy(B).prune(A);
    expect(idsOf(script)).toEqual({ releases: [B], removed: [A], unfinished: null });
  });

  it('offers one that could not be removed as before, in its place', () => {
    const script = new JournalScript().deploy(A).deploy(B).deploy(C).prune(A, ['removing', 'kept']);
    expect(idsOf(script)).toEqual({ releases: [A, B, C], removed: [], unfinished: null });
  });

  it('knows what a deployment that was undone had made', () => {
    const { lines } = new JournalScript().deploy(A).deploy(B, ['planned', 'activating', 'rolled-back']);
    expect(viewJournal(lines).releases.map(({ id, isUndone }) => [id, isUndone])).toEqual([
      [A, false],
      [B, true],
    ]);
  });
});

describe('what the journal keeps of a bad release', () => {
  it('is that its copy was damaged, and where', () => {
    const script = new JournalScript().deploy(A).deploy(B);
    const facts = { damaged: { release_id: A, files: 'model/a.gguf (changed)' } };
    script.lines.push(
      toJournalLine({ seq: 7, to: B, state: 'live', facts, verdicts: { [B]: 'good', [A]: 'bad' } }),
    );
    const [a] = viewJournal(script.lines).releases;
    expect(a).toMatchObject({
      verdict: 'bad',
      badBecause: { kind: 'damaged', text: 'damaged on disk: model/a.gguf (changed)' },
    });
  });

  it('is why it failed, until it is good again', () => {
    const because = { code: 'DEPLOY_PROBE_FAILED', message: 'It was silent.' };
    const failed = toJournalLine({
      to: A,
      state: 'rolling-back',
      facts: { because },
      verdicts: { [A]: 'bad' },
    });
    expect(viewJournal([failed]).releases).toMatchObject([
      { badBecause: { kind: 'failed', text: 'It was silent.' }, service: { failure: 'It was silent.' } },
    ]);
    const live = toJournalLine({ seq: 2, to: A, state: 'live', verdicts: { [A]: 'good' } });
    expect(viewJournal([failed, live]).releases).toMatchObject([{ badBecause: null, service: null }]);
  });
});

describe('lastLive', () => {
  it('is the release that went live last, not one that never did', () => {
    const script = new JournalScript().deploy(A).deploy(B).rollBack(A).deploy(C, ['planned', 'refused']);
    expect(lastLive(viewJournal(script.lines))?.id).toBe(A);
    expect(lastLive(viewJournal([]))).toBeNull();
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

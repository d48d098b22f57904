/** Lines of a journal for tests: whole transactions from the states that they went through. */
import type { JournalLine, RemovalState, RunLine, State, Verdict } from '../../src/deploy/index.ts';

export const WHO: JournalLine['who'] = {
  host: 'box',
  boot_id: 'b00t',
  pid: 42,
  start_time: '7',
  user: 'ada',
};

export function toJournalLine(rest: Partial<RunLine> = {}): RunLine {
  const to = rest.to ?? 'deploy_v1_20260101_000000_000';
  return {
    seq: 1,
    transaction: to,
    kind: 'deploy',
    state: 'planned',
    at: '2026-01-01T00:00:00.000+00:00',
    from: null,
    to,
    version: 'v1',
    bundle_id: 'bundle_v1_20260101_000000',
    artifact_sha256: 'aa',
    who: WHO,
    why: null,
    facts: {},
    verdicts: {},
    ...rest,
  };
}

/** Deployments and rollbacks in their order; each ends with the verdicts that ours give. */
export class JournalScript {
  readonly lines: JournalLine[] = [];
  #live: string | null = null;

  deploy(to: string, states: readonly State[] = ['planned', 'activating', 'live'], sha256 = to): this {
    return this.#run({ transaction: to, kind: 'deploy', to, artifact_sha256: sha256 }, states, {
      [to]: 'good',
    });
  }

  rollBack(to: string, states: readonly State[] = ['planned', 'activating', 'live']): this {
    const left: Record<string, Verdict> = this.#live === null ? {} : { [this.#live]: 'unknown' };
    const transaction = `rollback_${this.lines.length}_20260101_000000_000`;
    return this.#run({ transaction, kind: 'rollback', to, artifact_sha256: to }, states, {
      [to]: 'good',
      ...left,
    });
  }

  /** A release that is taken away, as far as the states say. */
  prune(to: string, states: readonly RemovalState[] = ['removing', 'removed']): this {
    const transaction = `prune_${this.lines.length}_20260101_000000_000`;
    for (const state of states) {
      const seq = this.lines.length + 1;
      const {
        kind: _kind,
        state: _state,
        ...line
      } = toJournalLine({ seq, transaction, to, from: this.#live });
      this.lines.push({ ...line, kind: 'prune', state });
    }
    return this;
  }

  #run(
    head: Partial<RunLine> & Pick<RunLine, 'to'>,
    states: readonly State[],
    verdicts: Readonly<Record<string, Verdict>>,
  ): this {
    for (const state of states) {
      const isLive = state === 'live';
      const seq = this.lines.length + 1;
      const at = `2026-01-01T00:00:${String(seq).padStart(2, '0')}.000+00:00`;
      this.lines.push(
        toJournalLine({ ...head, seq, at, state, from: this.#live, verdicts: isLive ? verdicts : {} }),
      );
      if (isLive) this.#live = head.to;
    }
    return this;
  }
}

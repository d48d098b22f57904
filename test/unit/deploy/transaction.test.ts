import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJournal, type JournalLine } from '../../../src/deploy/journal.ts';
import { WORKING_STATES, type State, type WorkingState } from '../../../src/deploy/machine.ts';
import {
  runTransaction,
  type Steps,
  type TransactionEnd,
  type TransactionHead,
  type TransactionOptions,
} from '../../../src/deploy/transaction.ts';
import { fixedClock } from '../../../src/system/index.ts';
import { WHO } from '../../fakes/journal.ts';

const HEAD: TransactionHead = {
  id: 'deploy_b',
  kind: 'deploy',
  from: 'deploy_a',
  to: 'deploy_b',
  version: 'b',
  bundleId: 'bundle_b',
  artifactSha256: 'bb',
  who: WHO,
  why: 'because',
};
const HAPPY: readonly State[] = [
  'planned',
  'staging',
  'verified',
  'load-tested',
  'activating',
  'probing',
  'live',
];

let folder = '';
let journalFile = '';
let ran: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-transaction-'));
  await mkdir(join(folder, 'control'));
  journalFile = join(folder, 'control', 'journal.jsonl');
  ran = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Steps that note that they ran, and then do what a test wants of them. */
function stepsThat(acts: Partial<Record<WorkingState, () => unknown>> = {}): Steps {
  const entries = WORKING_STATES.map((state) => [
    state,
    async () => {
      ran.push(state);
      await acts[state]?.();
    },
  ]);
  return Object.fromEntries(entries) as Steps;
}

async function run(steps: Steps, rest: Partial<TransactionOptions> = {}): Promise<TransactionEnd> {
  return runTransaction(HEAD, steps, {
    journalFile,
    lastSeq: 0,
    clock: fixedClock(new Date('2026-01-11T20:28:01.120Z')),
    factsAt: (state) => ({ state }),
    verdictsAt: (state) => (state === 'live' ? { deploy_b: 'good' } : {}),
    ...rest,
  });
}

async function journaled(): Promise<readonly JournalLine['state'][]> {
  return (await readJournal(journalFile)).map(({ state }) => state);
}

const fail = (message: string) => () => Promise.reject(new Error(message));

/** From now on no line can be written: a folder stands where the journal was. */
async function breakJournal(): Promise<void> {
  await rm(journalFile, { force: true });
  await mkdir(journalFile);
}

describe('runTransaction', () => {
  it('walks to live, each state in the journal before its step runs', async () => {
    const seen: [string, number][] = [];
    const steps = stepsThat(
      Object.fromEntries(
        WORKING_STATES.map((state) => [
          state,
          async () => void seen.push([state, (await journaled()).length]),
        ]),
      ),
    );
    expect(await run(steps)).toEqual({ state: 'live', failures: [], lostLines: [] });
    expect(seen).toEqual(HAPPY.slice(0, -1).map((state, index) => [state, index + 1]));
    const lines = await readJournal(journalFile);
    expect(lines.map(({ state }) => state)).toEqual(HAPPY);
    expect(lines.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(lines.at(-1)).toMatchObject({
      transaction: 'deploy_b',
      from: 'deploy_a',
      to: 'deploy_b',
      at: '2026-01-11T20:28:01.120+00:00',
      why: 'because',
      facts: { state: 'live' },
      verdicts: { deploy_b: 'good' },
    });
    expect(ran).not.toContain('tidying');
  });

  it.each(['planned', 'staging', 'verified', 'load-tested'] as const)(
    'ends refused when %s fails, cleaned up before the journal says so',
    async (state) => {
      const end = await run(stepsThat({ [state]: fail('no') }));
      expect(end).toMatchObject({ state: 'refused', failures: [new Error('no')] });
      expect(await journaled()).toEqual([...HAPPY.slice(0, HAPPY.indexOf(state) + 1), 'refused']);
      expect(ran.at(-1)).toBe('tidying');
    },
  );

  it.each(['activating', 'probing'] as const)('goes back when %s fails', async (state) => {
    const end = await run(stepsThat({ [state]: fail('no') }));
    expect(end.state).toBe('rolled-back');
    const before = HAPPY.slice(0, HAPPY.indexOf(state) + 1);
    expect(await journaled()).toEqual([...before, 'rolling-back', 'rolled-back']);
    expect(ran.slice(-1)).toEqual(['rolling-back']);
    expect(ran).not.toContain('tidying');
  });

  it('is stuck when going back fails too, and keeps both reasons', async () => {
    const end = await run(stepsThat({ activating: fail('first'), 'rolling-back': fail('second') }));
    expect(end).toEqual({
      state: 'stuck',
      failures: [new Error('first'), new Error('second')],
      lostLines: [],
    });
    expect((await journaled()).slice(-2)).toEqual(['rolling-back', 'stuck']);
  });

  it('throws only if the very first line cannot be written: then nothing was entered', async () => {
    await breakJournal();
    await expect(run(stepsThat())).rejects.toMatchObject({ code: 'SYSTEM_FILE_NOT_REGULAR' });
    expect(ran).toEqual([]);
  });

  it.each(['planned', 'staging', 'verified'] as const)(
    'counts a line that cannot be written as a failure of the state before: %s',
    async (state) => {
      const end = await run(stepsThat({ [state]: breakJournal }));
      expect(end).toMatchObject({
        state: 'refused',
        failures: [{ code: 'SYSTEM_FILE_NOT_REGULAR' }],
        lostLines: [{ code: 'SYSTEM_FILE_NOT_REGULAR' }],
      });
      expect(ran.slice(-2)).toEqual([state, 'tidying']);
    },
  );

  it('never swaps the link unless the journal says that it is about to', async () => {
    const end = await run(stepsThat({ 'load-tested': breakJournal }));
    expect(end.state).toBe('refused');
    expect(ran).not.toContain('activating');
  });

  it('goes back where it cannot be written that the release is live', async () => {
    const end = await run(stepsThat({ probing: breakJournal }));
    expect(end.state).toBe('rolled-back');
    expect(end.failures).toHaveLength(1);
    expect(end.lostLines).toHaveLength(2);
    expect(ran.slice(-2)).toEqual(['probing', 'rolling-back']);
  });

  it('keeps what the clean-up could not do beside the first cause', async () => {
    const end = await run(stepsThat({ staging: fail('first'), tidying: fail('second') }));
    expect(end).toMatchObject({ state: 'refused', failures: [new Error('first'), new Error('second')] });
    expect((await journaled()).at(-1)).toBe('refused');
  });

  describe('when it is interrupted', () => {
    it.each(['planned', 'staging', 'verified', 'load-tested'] as const)(
      'during %s, ends refused and untouched',
      async (state) => {
        const controller = new AbortController();
        const end = await run(stepsThat({ [state]: () => controller.abort() }), {
          signal: controller.signal,
        });
        expect(end).toMatchObject({ state: 'refused', failures: [{ code: 'CORE_INTERRUPTED' }] });
        expect(ran).not.toContain('activating');
        expect(ran.at(-1)).toBe('tidying');
      },
    );

    it('before it begins, runs no step at all', async () => {
      const end = await run(stepsThat(), { signal: AbortSignal.abort() });
      expect(end.state).toBe('refused');
      expect(ran).toEqual(['tidying']);
    });

    it.each(['activating', 'probing'] as const)('during %s, goes back', async (state) => {
      const controller = new AbortController();
      const end = await run(stepsThat({ [state]: () => controller.abort() }), { signal: controller.signal });
      expect(end).toMatchObject({ state: 'rolled-back', failures: [{ code: 'CORE_INTERRUPTED' }] });
    });

    it('between the line that says activating and the swap, goes back without having swapped', async () => {
      const controller = new AbortController();
      const end = await run(stepsThat(), {
        signal: controller.signal,
        onState: (state) => {
          if (state === 'activating') controller.abort();
        },
      });
      expect(end.state).toBe('rolled-back');
      expect(ran).not.toContain('activating');
    });

    it('does not stop going back', async () => {
      const controller = new AbortController();
      const end = await run(stepsThat({ probing: fail('no'), 'rolling-back': () => controller.abort() }), {
        signal: controller.signal,
      });
      expect(end.state).toBe('rolled-back');
    });

    it('shields the swap and the way back, and nothing before', async () => {
      const shielded: string[] = [];
      await run(stepsThat({ probing: fail('no') }), {
        shield: async (work) => {
          const result = await work();
          shielded.push(ran.at(-1) ?? '');
          return result;
        },
      });
      expect(shielded).toEqual(['activating', 'rolling-back']);
    });
  });

  describe('with a state that only some changes enter', () => {
    it('passes over it unless the change asks for it', async () => {
      await run(stepsThat());
      expect(ran).not.toContain('setting-aside');
    });

    it('enters it where the change asks for it, by what it found out on the way', async () => {
      let isAsked = false;
      const steps = stepsThat({ planned: () => (isAsked = true) });
      await run(steps, { through: () => (isAsked ? ['setting-aside'] : []) });
      expect(await journaled()).toEqual(HAPPY.toSpliced(4, 0, 'setting-aside'));
    });

    it('goes back when it fails', async () => {
      const steps = stepsThat({ 'setting-aside': fail('no') });
      expect(await run(steps, { through: () => ['setting-aside'] })).toMatchObject({ state: 'rolled-back' });
      expect(ran.slice(-2)).toEqual(['setting-aside', 'rolling-back']);
    });
  });

  it('tidies up where a crash left it before the swap, and is stuck where that fails', async () => {
    expect((await run(stepsThat(), { start: 'tidying' })).state).toBe('failed');
    expect(await journaled()).toEqual(['tidying', 'failed']);
    expect((await run(stepsThat({ tidying: fail('no') }), { start: 'tidying', lastSeq: 2 })).state).toBe(
      'stuck',
    );
    expect(ran).toEqual(['tidying', 'tidying']);
  });

  it('goes on where a crash left it: back, and nothing else', async () => {
    await run(stepsThat({ activating: fail('crash') }));
    const before = await journaled();
    ran = [];
    const end = await run(stepsThat(), { start: 'rolling-back', lastSeq: before.length });
    expect(end.state).toBe('rolled-back');
    expect(ran).toEqual(['rolling-back']);
    expect(await journaled()).toEqual([...before, 'rolling-back', 'rolled-back']);
  });

  it('refuses where the journal cannot be begun', async () => {
    // A folder in its place stops every user, root too.
    await mkdir(journalFile);
    await expect(run(stepsThat())).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(SYSTEM|DEPLOY)_/) }),
    );
    expect(ran).toEqual([]);
    await rm(journalFile, { recursive: true });
  });
});

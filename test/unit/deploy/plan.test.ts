import { describe, expect, it } from 'vitest';
import { DISK_MARGIN_BYTES } from '../../../src/deploy/limits.ts';
import {
  assertMemory,
  planDeployment,
  type PlanOptions,
  type ReleaseNeeds,
} from '../../../src/deploy/plan.ts';
import type { Adoptable, TargetFacts } from '../../../src/deploy/target-facts.ts';
import { assertUsableTarget } from '../../../src/deploy/usable-target.ts';
import { viewJournal } from '../../../src/deploy/target-view.ts';
import { JournalScript, toJournalLine } from '../../fakes/journal.ts';

const OPTIONS: PlanOptions = { allowNetworkFs: false, retryBad: false };
const NEEDS: ReleaseNeeds = {
  version: 'v1',
  artifactSha256: 'aa',
  totalSizeBytes: 4_000_000_000,
  largestFileBytes: 4_000_000_000,
  memoryBytes: 5_000_000_000,
  packedBytes: 0,
};
const LIVE = 'deploy_v1';

function toFacts(
  rest: Partial<TargetFacts> = {},
  disk: Partial<TargetFacts['fileSystem']> = {},
): TargetFacts {
  return {
    platform: 'linux',
    targetPath: '/srv/llm',
    parentDir: '/srv',
    within: null,
    parent: 'ready',
    unsafeFolders: [],
    occupant: { kind: 'nothing' },
    fileSystem: {
      id: '8:1',
      type: 'ext4',
      isNetwork: false,
      hasSymbolicLinks: true,
      maxFileBytes: null,
      freeBytes: 8_000_000_000,
      totalBytes: 16_000_000_000,
      ...disk,
    },
    availableMemoryBytes: 6_000_000_000,
    view: viewJournal([]),
    ...rest,
  };
}

const occupied: TargetFacts['occupant'] = { kind: 'release', releaseId: LIVE, linkText: `x/${LIVE}` };
const FOLDER: Adoptable = { kind: 'yes', thing: { kind: 'folder', device: '8', inode: '7', bornNs: '5' } };
const knownBad = viewJournal([
  toJournalLine({ to: 'deploy_v0', artifact_sha256: 'aa', state: 'live', verdicts: { deploy_v0: 'bad' } }),
]);

describe('planDeployment', () => {
  describe('when everything is as it should be', () => {
    it('plans a first deployment', () => {
      expect(planDeployment(toFacts(), NEEDS, OPTIONS)).toEqual({
        targetPath: '/srv/llm',
        from: null,
        adopts: null,
        requiredDiskBytes: 4_000_000_000 + DISK_MARGIN_BYTES,
        freeDiskBytes: 8_000_000_000,
        isLiveAlready: false,
      });
    });

    it('plans to keep what stands there, where it may become the previous release', () => {
      const facts = toFacts({ occupant: { kind: 'foreign', what: 'a folder', adoptable: FOLDER } });
      expect(planDeployment(facts, NEEDS, { ...OPTIONS, adopt: true })).toMatchObject({
        from: null,
        adopts: { kind: 'folder', inode: '7' },
      });
    });

    it('adopts nothing where nothing stands there, or a link of ours', () => {
      for (const facts of [toFacts(), toFacts({ occupant: occupied })])
        expect(planDeployment(facts, NEEDS, { ...OPTIONS, adopt: true }).adopts).toBeNull();
    });

    it.each(['TARGET_NOT_ADOPTABLE', 'TARGET_MOUNTED', 'TARGET_HOLDS_STATE', 'TARGET_NOT_WRITABLE'] as const)(
      'refuses with %s what cannot be adopted, only where it is asked to',
      (code) => {
        const adoptable: Adoptable = { kind: 'no', code, reason: 'because' };
        const facts = toFacts({ occupant: { kind: 'foreign', what: 'a thing', adoptable } });
        expect(() => planDeployment(facts, NEEDS, { ...OPTIONS, adopt: true })).toThrow(
          expect.objectContaining({ code, message: '/srv/llm cannot be adopted: because.' }),
        );
        expect(() => planDeployment(facts, NEEDS, OPTIONS)).toThrow(
          expect.objectContaining({ code: 'TARGET_NOT_OURS', hint: expect.not.stringContaining('--adopt') }),
        );
      },
    );

    it('lets a thing stand there that an unfinished run is adopting, and no other', () => {
      const adopts = {
        release_id: 'adopt_20260101_000000_000',
        kind: 'folder',
        device: '9',
        inode: '7',
        born_ns: '5',
      };
      const view = viewJournal([toJournalLine({ facts: { adopts } })]);
      const standing = (inode: string): TargetFacts =>
        toFacts({
          view,
          occupant: {
            kind: 'foreign',
            what: 'a folder',
            adoptable: { kind: 'yes', thing: { kind: 'folder', device: '8', inode, bornNs: '5' } },
          },
        });
      expect(() => assertUsableTarget(standing('7'), OPTIONS)).not.toThrow();
      expect(() => assertUsableTarget(standing('6'), OPTIONS)).toThrow(
        expect.objectContaining({ code: 'TARGET_NOT_OURS' }),
      );
    });

    it('says what the link must still be when it is swapped, whether the journal knows it or not', () => {
      expect(planDeployment(toFacts({ occupant: occupied }), NEEDS, OPTIONS)).toMatchObject({
        from: LIVE,
        isLiveAlready: false,
      });
    });
  });

  const cases: readonly (readonly [
    string,
    Partial<TargetFacts>,
    Partial<TargetFacts['fileSystem']>,
    string,
    object,
    RegExp,
  ])[] = [
    [
      'the system has no links',
      { platform: 'win32' },
      {},
      'PLATFORM_UNSUPPORTED',
      { expected: 'linux or darwin', received: 'win32' },
      /Linux/,
    ],
    [
      'the parent is missing',
      { parent: 'missing', parentDir: '/srv/my models' },
      {},
      'TARGET_PARENT_MISSING',
      { expected: 'a folder /srv/my models', received: 'nothing' },
      /: mkdir -p '\/srv\/my models'$/,
    ],
    [
      'the parent is a file',
      { parent: 'not-a-folder' },
      {},
      'TARGET_PARENT_MISSING',
      { expected: 'a folder /srv', received: 'a file' },
      /mkdir/,
    ],
    [
      'the parent cannot be written',
      { parent: 'not-writable' },
      {},
      'TARGET_NOT_WRITABLE',
      { expected: 'write permission in /srv' },
      /--target-path/,
    ],
    [
      'anybody may write there',
      { unsafeFolders: [{ path: '/srv', reason: 'open' }] },
      {},
      'TARGET_UNSAFE',
      { received: '/srv is writable for everybody' },
      /: chmod o-w \/srv$/,
    ],
    [
      'somebody prepared our folder',
      { unsafeFolders: [{ path: '/srv/.llm.milton', reason: 'foreign' }] },
      {},
      'TARGET_UNSAFE',
      { received: '/srv/.llm.milton belongs to somebody else, or is no folder' },
      /: ls -ld \/srv\/\.llm\.milton$/,
    ],
    [
      'something else stands there',
      { occupant: { kind: 'foreign', what: 'a folder', adoptable: FOLDER } },
      {},
      'TARGET_NOT_OURS',
      { expected: 'nothing, or a link that Milton Edge made', received: 'a folder' },
      /--adopt.*--target-path/,
    ],
    [
      'there are no symbolic links',
      {},
      { type: 'vfat', hasSymbolicLinks: false },
      'TARGET_NO_LINKS',
      { expected: 'a file system with symbolic links', received: 'vfat' },
      /ext4/,
    ],
    [
      'it lies on a network',
      {},
      { type: 'nfs4', isNetwork: true },
      'TARGET_NETWORK',
      { expected: 'a local file system', received: 'nfs4' },
      /--allow-network-fs/,
    ],
    [
      'the same bytes were bad',
      { view: knownBad },
      {},
      'DEPLOY_MODEL_BAD',
      { received: 'sha256:aa' },
      /--retry-bad/,
    ],
    [
      'the disk is too small',
      {},
      { freeBytes: 3_000_000_000 },
      'TARGET_DISK_SHORT',
      { expected: '4016777216 bytes free', received: '3000000000 bytes free' },
      /1\.02 GB/,
    ],
    [
      'a file is too large for the file system',
      {},
      { type: 'hpfs', maxFileBytes: 2 ** 31 },
      'TARGET_FILE_TOO_LARGE',
      { expected: 'files of at most 2147483648 bytes', received: '4000000000 bytes' },
      /another file system/,
    ],
    [
      'the load test does not fit into memory',
      { availableMemoryBytes: 1_000 },
      {},
      'DEPLOY_MEMORY_SHORT',
      { expected: '5000000000 bytes available', received: '1000 bytes available' },
      /--skip-load-test/,
    ],
  ];

  describe.each(cases)('when %s', (_, facts, disk, code, sides, hint) => {
    it('refuses with both sides and the next step', () => {
      expect(() => planDeployment(toFacts(facts, disk), NEEDS, OPTIONS)).toThrow(
        expect.objectContaining({
          code,
          aftermath: 'unchanged',
          details: expect.objectContaining({ ...sides, target_path: '/srv/llm' }),
          hint: expect.stringMatching(hint),
        }),
      );
    });
  });

  it('refuses a target inside the releases of another, which are never modified', () => {
    const within = '/srv/.llm.milton';
    expect(() => planDeployment(toFacts({ within }), NEEDS, OPTIONS)).toThrow(
      expect.objectContaining({
        code: 'TARGET_NOT_OURS',
        details: expect.objectContaining({ received: '/srv/llm' }),
      }),
    );
  });

  it('refuses a name that leaves no room for the names beside it, with both numbers', () => {
    const refuse = (bytes: number): void =>
      void planDeployment(toFacts({ targetPath: `/srv/${'a'.repeat(bytes)}` }), NEEDS, OPTIONS);
    expect(() => refuse(219)).not.toThrow();
    expect(() => refuse(220)).toThrow(
      expect.objectContaining({
        code: 'TARGET_NAME_TOO_LONG',
        details: expect.objectContaining({ expected: 'at most 219 bytes', received: '220 bytes' }),
      }),
    );
  });

  it('names the first reason where there are several, in the order of the list', () => {
    const order = cases.map(([, , , code]) => code);
    for (const [index] of cases.entries()) {
      // Of cases that set the same fact, the earlier one is what is left out in the next round.
      const rest = cases.slice(index).toReversed();
      const facts = Object.assign({}, ...rest.map(([, one]) => one)) as Partial<TargetFacts>;
      const disk = Object.assign({}, ...rest.map(([, , one]) => one)) as Partial<TargetFacts['fileSystem']>;
      const known = index > 10 ? { ...facts, view: viewJournal([]) } : facts;
      expect(() => planDeployment(toFacts(known, disk), NEEDS, OPTIONS)).toThrow(
        expect.objectContaining({ code: order[index] }),
      );
    }
  });

  it('passes at the very limit and refuses one byte beyond it', () => {
    const freeBytes = NEEDS.totalSizeBytes + DISK_MARGIN_BYTES;
    const limits = { freeBytes, maxFileBytes: NEEDS.largestFileBytes };
    const memory = { availableMemoryBytes: NEEDS.memoryBytes ?? 0 };
    expect(planDeployment(toFacts(memory, limits), NEEDS, OPTIONS).requiredDiskBytes).toBe(freeBytes);
    expect(() => planDeployment(toFacts({}, { freeBytes: freeBytes - 1 }), NEEDS, OPTIONS)).toThrow(/disk/);
    const tooLarge = toFacts({}, { maxFileBytes: NEEDS.largestFileBytes - 1 });
    expect(() => planDeployment(tooLarge, NEEDS, OPTIONS)).toThrow(/at most/);
  });

  it('takes the two flags at their word', () => {
    const facts = toFacts({ view: knownBad }, { type: 'nfs4', isNetwork: true });
    expect(planDeployment(facts, NEEDS, { allowNetworkFs: true, retryBad: true }).from).toBeNull();
  });

  it('asks for no memory where no inference will run', () => {
    const facts = toFacts({ availableMemoryBytes: 0 });
    expect(planDeployment(facts, { ...NEEDS, memoryBytes: null }, OPTIONS).from).toBeNull();
  });

  describe('when the same bytes are live', () => {
    const view = viewJournal(new JournalScript().deploy(LIVE, undefined, 'aa').lines);
    const live = toFacts({ occupant: occupied, view, availableMemoryBytes: 0 }, { freeBytes: 0 });

    it('says so, and needs neither disk nor memory', () => {
      expect(planDeployment(live, NEEDS, OPTIONS).isLiveAlready).toBe(true);
    });

    it('needs both again if they were found damaged', () => {
      expect(() => planDeployment(live, NEEDS, { ...OPTIONS, isRepair: true })).toThrow(
        expect.objectContaining({ code: 'TARGET_DISK_SHORT' }),
      );
    });

    it('counts neither another version of them nor another release as live', () => {
      const other = { ...NEEDS, version: 'v2', totalSizeBytes: 0, memoryBytes: null };
      const roomy = toFacts({ occupant: occupied, view });
      expect(planDeployment(roomy, other, OPTIONS).isLiveAlready).toBe(false);
      const moved = toFacts({ occupant: { kind: 'release', releaseId: 'deploy_v9', linkText: '' }, view });
      expect(planDeployment(moved, NEEDS, OPTIONS).isLiveAlready).toBe(false);
    });
  });

  it('adds a bundle that is packed onto the same disk first, and says what would do without', () => {
    const packing = { ...NEEDS, packedBytes: 4_100_000_000 };
    const neededBytes = 8_100_000_000 + DISK_MARGIN_BYTES;
    const plan = planDeployment(toFacts({}, { freeBytes: neededBytes }), packing, OPTIONS);
    expect(plan.requiredDiskBytes).toBe(neededBytes);
    expect(() => planDeployment(toFacts({}, { freeBytes: neededBytes - 1 }), packing, OPTIONS)).toThrow(
      expect.objectContaining({
        code: 'TARGET_DISK_SHORT',
        message:
          'The disk of /srv has 8.12 GB free; the bundle (4.10 GB) and this release need 8.12 GB together.',
        hint: expect.stringMatching(/without a bundle: milton deploy --no-bundle$/),
      }),
    );
  });

  it('asks for as much less as was written at the target meanwhile', () => {
    const facts = toFacts({}, { freeBytes: 4_000_000_000 + DISK_MARGIN_BYTES - 1000 });
    expect(() => planDeployment(facts, NEEDS, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'TARGET_DISK_SHORT' }),
    );
    planDeployment(facts, NEEDS, { ...OPTIONS, spentBytes: 1000 });
  });

  it('does not judge the room that the remains of a crash still take', () => {
    const view = viewJournal(new JournalScript().deploy('deploy_v1', ['planned', 'staging']).lines);
    const facts = toFacts({ view }, { freeBytes: 0 });
    expect(planDeployment(facts, NEEDS, OPTIONS).freeDiskBytes).toBe(0);
  });
});

describe('assertUsableTarget', () => {
  it('asks nothing about room: a rollback writes no weights', () => {
    expect(() =>
      assertUsableTarget(toFacts({ availableMemoryBytes: 0 }, { freeBytes: 0 }), OPTIONS),
    ).not.toThrow();
  });

  it('quotes a folder name as a shell needs it', () => {
    const facts = toFacts({ unsafeFolders: [{ path: "/srv/ada's", reason: 'open' }] });
    expect(() => assertUsableTarget(facts, OPTIONS)).toThrow(
      expect.objectContaining({ hint: `Take the right away: chmod o-w '/srv/ada'\\''s'` }),
    );
  });
});

describe('assertMemory', () => {
  it('gives the next step of whoever asks', () => {
    expect(() => assertMemory(toFacts({ availableMemoryBytes: 1 }), NEEDS, 'Do this.')).toThrow(
      expect.objectContaining({ code: 'DEPLOY_MEMORY_SHORT', hint: 'Do this.' }),
    );
  });
});

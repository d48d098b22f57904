import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DeployFailure, type TargetFacts } from '../../../src/deploy/index.ts';
import { judgeMachine } from '../../../src/pipeline/doctor.ts';
import type { MachineCheck } from '../../../src/pipeline/machine-check.ts';
import type { MachineFacts, PlaceFacts } from '../../../src/pipeline/machine-facts.ts';
import { GOOD_MACHINE, GOOD_PLACE, GOOD_TARGET } from '../../fakes/machine-facts.ts';

const checksOf = (change: Partial<MachineFacts>): readonly MachineCheck[] =>
  judgeMachine({ ...GOOD_MACHINE, ...change }).checks;

const clock = (rest: Partial<MachineFacts['clock']>): Partial<MachineFacts> => ({
  clock: { ...GOOD_MACHINE.clock, ...rest },
});
const memory = (rest: Partial<MachineFacts['memory']>): Partial<MachineFacts> => ({
  memory: { ...GOOD_MACHINE.memory, ...rest },
});
const state = (rest: Partial<PlaceFacts>): Partial<MachineFacts> => ({
  state: { path: '/var/lib/milton', place: { ...GOOD_PLACE, folder: '/var/lib/milton', ...rest } },
});
const services = (rest: Partial<MachineFacts['services']>): Partial<MachineFacts> => ({
  services: { ...GOOD_MACHINE.services, ...rest },
});
const engine = (rest: Partial<MachineFacts['engine']>): Partial<MachineFacts> => ({
  engine: { ...GOOD_MACHINE.engine, ...rest },
});

const ALL_GOOD = checksOf({});

describe('judgeMachine', () => {
  it('finds a good machine fit, and each check ok and without a cost', () => {
    expect(judgeMachine(GOOD_MACHINE).failure).toBeNull();
    expect(ALL_GOOD.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(ALL_GOOD.map(({ id }) => id)).toEqual([
      'platform',
      'node',
      'engine',
      'lock',
      'file-calls',
      'protections',
      'state-directory',
      'unnamed-files',
      'target',
      'target-room',
      'shared-blocks',
      'memory',
      'open-files',
      'temporary-folder',
      'locale',
      'clock',
      'systemd',
      'lingering',
    ]);
  });

  it.each<[string, Partial<MachineFacts>, Partial<Record<keyof MachineCheck, unknown>>]>([
    ['Windows', { platform: 'win32' }, { id: 'platform', status: 'failed', costs: /PLATFORM_UNSUPPORTED/ }],
    ['macOS', { platform: 'darwin' }, { id: 'platform', status: 'degraded', fix: null }],
    ['a 32-bit ARM', { arch: 'arm' }, { id: 'platform', status: 'degraded' }],
    ['an old kernel', { kernel: '4.9.337' }, { id: 'platform', status: 'degraded', found: /4\.9\.337/ }],
    ['an old Node', { nodeVersion: '20.18.3' }, { id: 'node', status: 'failed', expected: /20\.19/ }],
    [
      'no engine',
      engine({ version: null, trial: { kind: 'not-tried' } }),
      { id: 'engine', status: 'missing', costs: /DEPLOY_NO_ENGINE/, fix: /^npm install -g node-llama-cpp@/ },
    ],
    [
      'an engine that dies at its first instruction',
      engine({ trial: { kind: 'failed', code: 'ENGINE_CRASHED', message: 'SIGILL.', hint: 'Build it.' } }),
      { id: 'engine', status: 'failed', found: /ENGINE_CRASHED: SIGILL/, fix: 'Build it.' },
    ],
    [
      'no flock(2)',
      { calls: { hasFlock: false, hasFileCalls: true } },
      { id: 'lock', status: 'degraded', costs: /The lock is a file instead/ },
    ],
    [
      'a file system that refuses locks',
      {
        targets: [
          {
            ...GOOD_TARGET,
            place: { ...GOOD_PLACE, abilities: { ...GOOD_PLACE.abilities, lockRefusal: 'ENOLCK' } },
          },
        ],
      },
      { id: 'lock', status: 'failed', path: '/srv/llm', found: /ENOLCK/ },
    ],
    [
      'no native calls on files',
      { calls: { hasFlock: true, hasFileCalls: false } },
      { id: 'file-calls', status: 'degraded', costs: /blocks are never shared/ },
    ],
    [
      'no prlimit',
      { missingProtections: [{ protection: 'memory-limit', reason: 'prlimit was not found' }] },
      {
        id: 'protections',
        status: 'degraded',
        found: 'without memory-limit (prlimit was not found)',
        costs: 'A hostile model may take all memory.',
        fix: /util-linux/,
      },
    ],
    [
      'a state directory that cannot be looked at',
      { state: { path: '/var/lib/milton', place: null } },
      { id: 'state-directory', status: 'failed' },
    ],
    ['a file in its place', state({ isFolder: false }), { id: 'state-directory', status: 'failed' }],
    [
      'a state directory of somebody else',
      state({ isWritable: false }),
      { id: 'state-directory', status: 'failed', found: /^this user may not write/ },
    ],
    [
      'a state directory mounted read-only',
      state({ isWritable: false, isReadOnly: true }),
      { id: 'state-directory', status: 'failed', found: /read-only/ },
    ],
    [
      'a state directory open to all',
      state({ isOpen: true }),
      { id: 'state-directory', status: 'degraded', fix: 'chmod o-w /var/lib/milton' },
    ],
    [
      'a file system without O_TMPFILE',
      state({ abilities: { hasUnnamedFiles: false, lockRefusal: null, sharesBlocks: null } }),
      { id: 'unnamed-files', status: 'degraded', found: /^ext4/ },
    ],
    [
      'little memory',
      memory({ availableBytes: 300e6 }),
      { id: 'memory', status: 'degraded', costs: /DEPLOY_MEMORY_SHORT/, fix: /stop-first/ },
    ],
    [
      'little memory in a control group',
      memory({ totalBytes: 400e6, availableBytes: 300e6 }),
      { id: 'memory', status: 'degraded', found: /control group \(the machine has 8\.00 GB\)/ },
    ],
    [
      'few open files',
      { openFilesLimit: 256 },
      { id: 'open-files', status: 'degraded', found: '256', fix: /LimitNOFILE/ },
    ],
    [
      'no temporary folder',
      { temporary: { path: '/nowhere', isWritable: false } },
      { id: 'temporary-folder', status: 'degraded', path: '/nowhere' },
    ],
    ['a locale of the past', { locale: 'de_DE.ISO-8859-1' }, { id: 'locale', status: 'degraded' }],
    ['the locale C', { locale: 'C' }, { id: 'locale', status: 'degraded', fix: 'export LANG=C.UTF-8' }],
    [
      'a clock that nobody keeps',
      clock({ isSynchronised: false }),
      { id: 'clock', status: 'degraded', fix: /timedatectl/ },
    ],
    [
      'a clock in the past',
      clock({ newest: { path: '/srv/.llm.milton/journal.jsonl', at: new Date('2026-05-01T12:01:01Z') } }),
      { id: 'clock', status: 'degraded', found: /journal\.jsonl was written at 2026-05-01T12:01:01/ },
    ],
    ['no systemd', services({ isSystemd: false }), { id: 'systemd', status: 'degraded' }],
    [
      'no lingering',
      services({ isLingering: false }),
      { id: 'lingering', status: 'degraded', fix: 'loginctl enable-linger pi' },
    ],
  ])('sees %s, and nothing else wrong', (_, change, expected) => {
    const lacks = checksOf(change).filter(({ status }) => status !== 'ok');
    expect(lacks).toHaveLength(1);
    const [lack] = lacks;
    expect(lack?.costs).toMatch(/^[A-Z].*\.$/);
    for (const [key, value] of Object.entries(expected)) {
      const found = lack?.[key as keyof MachineCheck];
      if (value instanceof RegExp) expect(found).toMatch(value);
      else expect(found).toBe(value);
    }
    const { failure } = judgeMachine({ ...GOOD_MACHINE, ...change });
    if (lack?.status === 'degraded') {
      expect(failure).toBeNull();
    } else {
      expect(failure).toMatchObject({ code: 'PIPELINE_MACHINE_UNFIT', exitCode: 1, aftermath: 'unchanged' });
      expect(failure?.message).toContain(`: ${lack?.id}.`);
      expect(failure?.hint).toBe(lack?.fix);
    }
  });

  it.each([
    ['no clock error known', clock({ isSynchronised: null })],
    ['a step back of a minute', clock({ newest: { path: '/x', at: new Date('2026-05-01T12:01:00Z') } })],
    ['no locale', { locale: null }],
    ['an engine that was not tried', engine({ trial: { kind: 'not-tried' } })],
    ['no limit on open files', { openFilesLimit: Infinity }],
  ])('lets %s pass', (_, change) => {
    expect(checksOf(change).filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  it('expects the Node and the engine that the package asks for', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly engines: { readonly node: string };
      readonly peerDependencies: Readonly<Record<string, string>>;
    };
    const expected = Object.fromEntries(ALL_GOOD.map((check) => [check.id, check.expected]));
    expect(expected['node']).toBe(`${manifest.engines.node.slice(2)} or newer`);
    expect(expected['engine']).toContain(`node-llama-cpp@${manifest.peerDependencies['node-llama-cpp']},`);
  });
});

describe('judgeMachine, of a target', () => {
  const withRefusal = (refusal: DeployFailure, place: Partial<PlaceFacts> = {}): MachineFacts => ({
    ...GOOD_MACHINE,
    targets: [
      { place: { ...GOOD_PLACE, ...place }, examined: { ...GOOD_TARGET.examined, refusal } },
      GOOD_TARGET,
    ],
  });
  const sides = { expected: 'one thing', received: 'another' };

  it('says what the plan says, and goes on with the next', () => {
    const refusal = new DeployFailure('TARGET_NO_LINKS', 'On vfat.', { details: sides });
    const { checks, failure } = judgeMachine(withRefusal(refusal));
    const targets = checks.filter(({ path }) => path === '/srv/llm');
    expect(targets.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'target failed',
      'target ok',
      'target-room ok',
    ]);
    expect(targets[0]).toMatchObject({
      found: 'another',
      expected: 'one thing',
      costs: 'Each deployment to it is refused (TARGET_NO_LINKS).',
      fix: refusal.hint,
    });
    expect(failure?.message).toContain(': target.');
  });

  it('knows a mount that is read-only from a folder of somebody else', () => {
    const refusal = new DeployFailure('TARGET_NOT_WRITABLE', 'No.', { details: sides });
    const readOnly = judgeMachine(withRefusal(refusal, { isReadOnly: true, isWritable: false }));
    expect(readOnly.failure?.hint).toBe('mount -o remount,rw /srv');
    const foreign = judgeMachine(withRefusal(refusal, { isWritable: false }));
    expect(foreign.failure?.hint).toBe(refusal.hint);
  });

  const withFacts = (rest: Partial<TargetFacts['fileSystem']>): MachineFacts => {
    const facts = GOOD_TARGET.examined.facts as TargetFacts;
    const examined = {
      ...GOOD_TARGET.examined,
      facts: { ...facts, fileSystem: { ...facts.fileSystem, ...rest } },
    };
    return { ...GOOD_MACHINE, targets: [{ ...GOOD_TARGET, examined }] };
  };

  it('finds a full disk unfit', () => {
    const { checks, failure } = judgeMachine(withFacts({ freeBytes: 1e6 }));
    expect(checks).toContainEqual(expect.objectContaining({ id: 'target-room', status: 'failed' }));
    expect(failure?.message).toContain(': target-room.');
  });

  it('lets a network file system pass that was allowed, and says what it costs', () => {
    const { checks, failure } = judgeMachine(withFacts({ type: 'nfs4', isNetwork: true }));
    expect(failure).toBeNull();
    expect(checks).toContainEqual(expect.objectContaining({ id: 'target', status: 'degraded' }));
  });

  it('tells where blocks can be shared', () => {
    const abilities = { ...GOOD_PLACE.abilities, sharesBlocks: true };
    const targets = [{ ...GOOD_TARGET, place: { ...GOOD_PLACE, abilities } }];
    const { checks } = judgeMachine({ ...GOOD_MACHINE, targets });
    expect(checks).toContainEqual(
      expect.objectContaining({ id: 'shared-blocks', found: expect.stringContaining('no room') }),
    );
  });
});

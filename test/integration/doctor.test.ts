/** The doctor on this very machine: what it finds where an engine fails, a disk is read-only, or somebody interrupts. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineFailure } from '../../src/engine/index.ts';
import { examineMachine, type ExamineOptions, type MachineCheck } from '../../src/pipeline/index.ts';
import { stateDirectory, systemClock } from '../../src/system/index.ts';
import { soundEngine } from '../fakes/engine.ts';

let folder: string;
let options: ExamineOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-doctor-test-'));
  await mkdir(join(folder, 'srv'));
  options = {
    targetPath: join(folder, 'srv/llm'),
    state: stateDirectory(join(folder, 'state')),
    engine: soundEngine(),
    clock: systemClock,
    env: {},
    allowNetworkFs: false,
    load: true,
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function examine(
  rest: Partial<ExamineOptions> = {},
): Promise<(id: string) => MachineCheck | undefined> {
  const { checks } = await examineMachine({ ...options, ...rest });
  return (id) => checks.find((check) => check.id === id);
}

describe('the engine', () => {
  it('is given a model that is there while it loads, and gone afterwards', async () => {
    const paths: string[] = [];
    const engine = soundEngine({
      onLoad: async ({ path }) => {
        paths.push(path);
        expect(await readdir(dirname(path))).toEqual(['tiny.gguf']);
      },
    });
    expect((await examine({ engine }))('engine')).toMatchObject({ status: 'ok' });
    await expect(readdir(dirname(paths[0] ?? ''))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that cannot run it has failed, with its own words and its own way out', async () => {
    const refusal = new EngineFailure('ENGINE_CRASHED', 'It died of SIGILL.', { hint: 'Build it here.' });
    const engine = soundEngine({ onLoad: () => Promise.reject(refusal) });
    expect((await examine({ engine }))('engine')).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('ENGINE_CRASHED: It died of SIGILL.'),
      fix: 'Build it here.',
    });
  });

  it('is not touched where it is not to be loaded, or not there', async () => {
    const onLoad = () => Promise.reject(new Error('It was loaded.'));
    expect((await examine({ engine: soundEngine({ onLoad }), load: false }))('engine')?.status).toBe('ok');
    const missing = soundEngine({ onLoad, available: false });
    expect((await examine({ engine: missing }))('engine')?.status).toBe('missing');
  });

  it('hands an interrupt on', async () => {
    const { CoreFailure } = await import('../../src/core/index.ts');
    const engine = soundEngine({
      onLoad: () => Promise.reject(new CoreFailure('CORE_INTERRUPTED', 'Interrupted.')),
    });
    await expect(examine({ engine })).rejects.toMatchObject({ code: 'CORE_INTERRUPTED', exitCode: 130 });
  });
});

describe('the places', () => {
  it('may be missing, but for the parent of the target', async () => {
    const check = await examine();
    expect(check('state-directory')).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('not there yet'),
    });
    expect(await readdir(folder)).toEqual(['srv']);
    await rm(join(folder, 'srv'), { recursive: true });
    expect((await examine())('target')).toMatchObject({ status: 'failed', found: 'nothing' });
  });

  it.skipIf(process.getuid?.() !== 0)('may lie on a disk that is mounted read-only', async () => {
    const disk = join(folder, 'srv');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'none', disk]);
    try {
      const check = await examine({ state: stateDirectory(join(disk, 'state')) });
      expect(check('target')).toMatchObject({
        status: 'failed',
        found: `${disk} is mounted read-only`,
        fix: `mount -o remount,rw ${disk}`,
      });
      expect(check('state-directory')).toMatchObject({
        status: 'failed',
        found: `mounted read-only: ${disk}`,
      });
      expect(check('unnamed-files')).toBeUndefined();
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it.skipIf(process.getuid?.() !== 0)('may be too small', async () => {
    const disk = join(folder, 'srv');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'none', disk]);
    try {
      expect((await examine())('target-room')).toMatchObject({ status: 'failed' });
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('the clock', () => {
  it('is in the past where one of our files is later', async () => {
    const runs = options.state.runsDir;
    await mkdir(runs, { recursive: true });
    const later = new Date(Date.now() + 3_600_000);
    await utimes(runs, later, later);
    expect((await examine({ load: false }))('clock')).toMatchObject({
      status: 'degraded',
      found: expect.stringContaining(runs),
      costs: expect.stringContaining('EVIDENCE_RUN_FUTURE'),
    });
  });
});

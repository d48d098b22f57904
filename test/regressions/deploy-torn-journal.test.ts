/** A power cut while a line of the journal is appended leaves any part of it: at every byte it counts as never written. */
import { cp, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJournal, readStatus, resumeTarget, type TargetLayout } from '../../src/deploy/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';

const RESUMED_AT_EVERY = 97;

let bench: DeployBench;
let layout: TargetLayout;
/** As it was when v2 had just gone live, byte by byte. */
let lines: readonly Buffer[] = [];
let kept = '';
const ids = { v1: '', v2: '' };

beforeAll(async () => {
  bench = await openDeployBench();
  const deploy = async (version: string): Promise<string> => {
    const { record } = await bench.deploy((await bench.bundle(version)).path);
    return record.deployment_id;
  };
  ids.v1 = await deploy('v1');
  ids.v2 = await deploy('v2');
  layout = (await bench.context()).layout;
  kept = await mkdtemp(join(tmpdir(), 'milton-torn-'));
  await cp(layout.releasesDir, join(kept, 'releases'), { recursive: true, verbatimSymlinks: true });
  const text = await readFile(layout.journalFile, 'utf8');
  lines = text.split(/(?<=\n)/).map((line) => Buffer.from(line));
});

afterAll(async () => {
  await bench.remove();
  await rm(kept, { recursive: true, force: true });
});

/** The first so many lines, and so many bytes of the next. */
function tear(whole: number, bytes: number): Buffer {
  return Buffer.concat([...lines.slice(0, whole), (lines[whole] ?? Buffer.alloc(0)).subarray(0, bytes)]);
}

/** What the device holds when the power is back. */
async function wakeUp(journal: Buffer, live: string): Promise<void> {
  await rm(layout.releasesDir, { recursive: true, force: true });
  await cp(join(kept, 'releases'), layout.releasesDir, { recursive: true, verbatimSymlinks: true });
  await rm(bench.target, { force: true });
  await symlink(join('.llm.milton/releases', live), bench.target);
  await writeFile(layout.journalFile, journal);
}

describe('a journal whose last line is torn', () => {
  it('reads as all lines before it, at every byte of the last and at many of the others', async () => {
    expect(lines).toHaveLength(14);
    let tried = 0;
    for (const [whole, line] of lines.entries()) {
      const step = whole === lines.length - 1 ? 1 : 11;
      for (let bytes = 0; bytes < line.length; bytes += step) {
        await writeFile(layout.journalFile, tear(whole, bytes));
        const read = await readJournal(layout.journalFile);
        if (read.length !== whole)
          expect.fail(`${bytes} bytes of line ${whole + 1} read as ${read.length} lines`);
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(1000);
  });

  it('settles to what was live before, and the next line takes the number of the torn one', async () => {
    const first = lines.length / 2;
    let tried = 0;
    for (let whole = first; whole < lines.length; whole += 1) {
      const sizeBytes = lines[whole]?.length ?? 0;
      for (let bytes = whole === first ? 1 : 0; bytes < sizeBytes; bytes += RESUMED_AT_EVERY) {
        // The link was swapped before the last two lines were written: probing, and live.
        await wakeUp(tear(whole, bytes), whole < lines.length - 2 ? ids.v1 : ids.v2);
        const context = await bench.context();
        const settled = await resumeTarget({ allowNetworkFs: false, restart: true }, context);
        expect(settled === null).toBe(whole === first);
        expect(basename(await readlink(bench.target))).toBe(ids.v1);
        if (settled !== null) {
          const end = (await bench.journal()).slice(whole);
          expect(end.map(({ seq }) => seq)).toEqual(end.map((_, index) => whole + 1 + index));
          expect(end.at(-1)?.state).toBe(whole < lines.length - 2 ? 'failed' : 'rolled-back');
        }
        expect((await readStatus(layout)).unfinished).toBeNull();
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(30);
    // And the device goes on.
    expect(await bench.deploy((await bench.bundle('v3')).path)).toMatchObject({ state: 'live' });
  });
});

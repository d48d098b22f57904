/**
 * Runs the built command on a hostile file and keeps what it cost and what it left. Memory is the sum of the peaks
 * (VmHWM) of every process of the tree, time is processor time: neither depends on what else the machine does.
 */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runMilton, type Finished } from '../cli/run-milton.ts';

export interface Watched extends Finished {
  readonly peakBytes: number;
  readonly cpuMs: number;
  /** What is below home, working folder and the parent of the target afterwards; journals and records of the attempt are not counted. */
  readonly left: readonly string[];
}

const REPORT = fileURLToPath(new URL('../fixtures/measured/report-usage.mjs', import.meta.url));

// Records of the attempt, and the bookkeeping beside a target: the folder of its releases has nothing in it.
const EXPECTED =
  /^(?:home|cwd|srv|tmp|usage|state(?:\/targets\.json(?:\.lock)?|\/deployment_history(?:\/[^/]*\.json)?)?|srv\/\.llm\.milton(?:\/(?:journal\.jsonl|lock|releases))?)$/;

/** `args` may name `TARGET`. */
export async function runWatched(args: readonly string[]): Promise<Watched> {
  const folder = await mkdtemp(join(tmpdir(), 'milton-watched-'));
  try {
    const inFolder = (name: string): string => join(folder, name);
    for (const name of ['home', 'cwd', 'srv', 'tmp']) await mkdir(inFolder(name));
    const finished = await runMilton(
      args.map((arg) => (arg === 'TARGET' ? inFolder('srv/llm') : arg)),
      {
        cwd: inFolder('cwd'),
        env: {
          HOME: inFolder('home'),
          TMPDIR: inFolder('tmp'),
          MILTON_STATE_DIR: inFolder('state'),
          NODE_OPTIONS: `--import ${REPORT}`,
          MILTON_TEST_USAGE: inFolder('usage'),
        },
      },
    );
    const usage = (await readFile(inFolder('usage'), 'utf8')).trim().split('\n');
    const sum = (column: number): number =>
      usage.reduce((all, line) => all + Number(line.split(' ')[column]), 0);
    const names = await readdir(folder, { recursive: true });
    const left = names.filter((name) => !EXPECTED.test(name));
    return { ...finished, peakBytes: sum(0), cpuMs: sum(1), left };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

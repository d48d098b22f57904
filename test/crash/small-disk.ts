/** Disks that are too small: of every size, without inodes, and filled by somebody else in the middle of it. */
import { execFile } from 'node:child_process';
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from './lab.ts';
import { runOrThrow, type ProcessEnd } from './process.ts';
import type { Broken } from './report.ts';
import { deployBeside } from './scenarios.ts';
import type { Scope } from './scope.ts';
import type { Version } from './shelf.ts';
import { findLeftovers, readLive, targetBeside } from './target.ts';
import type { Walked } from './walk.ts';

const STEP_KIB = 64;
/** Far more than three tiny releases and the margin of the plan. */
const AMPLE_KIB = 64 * 1024;
const MAX_INODES = 400;
/** Of a release of a tiny model, in blocks. */
const MAX_FREE_BLOCKS = 80;

export type DiskTrial = 'first' | 'upgrade' | 'inodes' | 'filled';

/**
 * Goes up from nothing at all until the deployment has succeeded twice. Every refusal says so with a code, leaves the target as
 * it was, and gives the room back; a refusal of the plan gives numbers.
 */
export async function tryDisks(lab: Lab, trial: DiskTrial, scope: Scope): Promise<Walked> {
  const srv = join(lab.box, 'srv');
  const broken: Broken[] = [];
  await lab.place.clear();
  await mountTmpfs(srv);
  try {
    const old: Version | null = trial === 'first' ? null : 'v1';
    if (old !== null) await lab.prepare(deployBeside(lab, old));
    const codes = new Map<string, number>();
    let successes = 0;
    let k = 0;
    for (; successes < 2; k += 1) {
      if (k > MAX_TURNS[trial]) throw new Error(`It still does not succeed at ${describe(trial, k)}.`);
      await limit(srv, trial, k);
      const { end, problems } = await tryOnce(lab, { trial, k, old });
      const code = codeOf(end);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (problems.length > 0) {
        broken.push({ part: 'disks', scenario: trial, k, what: describe(trial, k), problems });
      }
      if (k % 50 === 49) scope.say(`disks ${trial}: ${k + 1}`);
      if (end.exitCode !== 0) continue;
      successes += 1;
      if (successes < 2) await startAgain(lab, srv, old);
    }
    scope.say(`disks ${trial}: ${[...codes].map(([code, count]) => `${count} ${code}`).join(', ')}`);
    return { tried: k, broken };
  } finally {
    await runOrThrow(['umount', srv]);
  }
}

const MAX_TURNS: Readonly<Record<DiskTrial, number>> = {
  first: AMPLE_KIB / STEP_KIB,
  upgrade: AMPLE_KIB / STEP_KIB,
  inodes: MAX_INODES,
  filled: MAX_FREE_BLOCKS,
};

const runFile = promisify(execFile);

function describe(trial: DiskTrial, k: number): string {
  switch (trial) {
    case 'first':
    case 'upgrade':
      return `${k * STEP_KIB} KiB free`;
    case 'inodes':
      return `${k} inodes free`;
    case 'filled':
      return `filled up to ${k} blocks while it was staged`;
  }
}

async function tryOnce(
  lab: Lab,
  { trial, k, old }: { readonly trial: DiskTrial; readonly k: number; readonly old: Version | null },
): Promise<{ readonly end: ProcessEnd; readonly problems: readonly string[] }> {
  const srv = join(lab.box, 'srv');
  const before = await readRoom(srv);
  const args = deployBeside(lab, 'v2');
  const end = trial === 'filled' ? await fillInside(lab, args, k) : await lab.milton(args);
  const problems: string[] = [];
  const target = targetBeside(lab.box);
  const live = await readLive(target, lab.shelf);
  problems.push(...live.problems, ...(await findLeftovers(lab.box, target)).map((path) => `${path} is left`));
  if (end.exitCode === 0) {
    if (live.version !== 'v2') problems.push(`it ended with 0, and ${live.version ?? 'nothing'} is live`);
    return { end, problems };
  }
  if (![1, 3, 4].includes(end.exitCode ?? -1)) problems.push(`it ended with ${end.exitCode}: ${end.stderr}`);
  if (live.version !== old)
    problems.push(`it ended with ${end.exitCode}, and ${live.version ?? 'nothing'} is live`);
  const [code = 'none'] =
    /(?<=^ {2}because +|^error (?!DEPLOY_ROLLED_BACK))[A-Z_]+(?=: )/m.exec(end.stderr) ?? [];
  if (!/^(TARGET_DISK_SHORT|BUNDLE_NO_ROOM|SYSTEM_DISK_FULL)$/.test(code))
    problems.push(`it gave the code ${code}`);
  if (code === 'TARGET_DISK_SHORT' && !/\d/.test(end.stderr)) problems.push('it gave no numbers');
  const after = await readRoom(srv);
  // The journal keeps a line for each state; all else is gone.
  const lost = before.free - after.free - (after.kept - before.kept);
  if (lost > 0) problems.push(`${lost} bytes of room did not come back`);
  return { end, problems };
}

/** Why it was refused; what was undone names its reason below. */
function codeOf({ exitCode, stderr }: ProcessEnd): string {
  if (exitCode === 0) return 'succeeded';
  const [code] = /(?<=^ {2}because +|^error (?!DEPLOY_ROLLED_BACK))[A-Z_]+(?=: )/m.exec(stderr) ?? [];
  return code ?? 'none';
}

async function mountTmpfs(srv: string): Promise<void> {
  await runOrThrow(['mount', '-t', 'tmpfs', '-o', `size=${AMPLE_KIB}k,mode=0755`, 'tmpfs', srv]);
}

/** Goes back to where the trial began, with a new file system. */
async function startAgain(lab: Lab, srv: string, old: Version | null): Promise<void> {
  await runOrThrow(['umount', srv]);
  await lab.place.clear();
  await mountTmpfs(srv);
  if (old !== null) await lab.prepare(deployBeside(lab, old));
}

/** Leaves as much as this turn is about. */
async function limit(srv: string, trial: DiskTrial, k: number): Promise<void> {
  const { blocks, bfree, bsize, files, ffree } = await statfs(srv);
  const remount = (option: string): Promise<string> => runOrThrow(['mount', '-o', `remount,${option}`, srv]);
  if (trial === 'inodes') await remount(`nr_inodes=${files - ffree + k}`);
  else if (trial === 'filled') await remount(`size=${AMPLE_KIB}k`);
  else await remount(`size=${Math.max(1, ((blocks - bfree) * bsize) / 1024 + k * STEP_KIB)}k`);
}

/** Held once every check of the room has passed and a first file is staged; then somebody takes all room but so many blocks. */
async function fillInside(lab: Lab, args: readonly string[], blocks: number): Promise<ProcessEnd> {
  const srv = join(lab.box, 'srv');
  // The first such call writes into the lock, the second is the first file of the release.
  return lab.holdAt(args, { syscall: 'pwrite64', path: null, when: 2, overall: 2 }, async () => {
    const stats = await statfs(srv);
    const size = ((stats.blocks - stats.bfree + blocks) * stats.bsize) / 1024;
    await runFile('mount', ['-o', `remount,size=${size}k`, srv]);
  });
}

interface Room {
  readonly free: number;
  /** Of the files that are meant to stay. */
  readonly kept: number;
}

async function readRoom(srv: string): Promise<Room> {
  const { bfree, blocks, bsize } = await statfs(srv);
  const control = join(srv, '.llm.milton');
  let kept = 0;
  for (const name of await readdir(control).catch(() => [])) {
    const found = await stat(join(control, name));
    if (found.isFile()) kept += Math.ceil(found.size / bsize) * bsize;
  }
  // The size of the file system changes; what is used does not.
  return { free: -(blocks - bfree) * bsize, kept };
}

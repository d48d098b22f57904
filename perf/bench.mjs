/**
 * What every measurement here shares: whole processes timed from outside, each job beside its floor in interleaved pairs, so
 * that another load on the machine meets both, and the table of minimum, median and ratio.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import process from 'node:process';

/** Runs a command to its end. Throws where it fails. Returns its time in ms and what it said. */
export function run(command, args, { env = process.env } = {}) {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
  return { ms, stdout };
}

/** The machine, in one line. */
export function machineLine() {
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const model = cpus()[0]?.model ?? 'unknown CPU';
  return `${model}, ${availableParallelism()} cores, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}

/**
 * Runs every job and its floor in turn, in each round the other one first, and prints the table. A job is
 * `{ name, run, floor, floorName, most }`: `run` and `floor` return ms, `most` is the ratio of medians that is wanted. Where a
 * floor varies, the fastest run of the job over the fastest of any such floor says more.
 */
export async function measurePairs(jobs, { rounds }) {
  const times = jobs.map(() => ({ job: [], floor: [] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, job] of jobs.entries()) {
      const pair = times[index];
      const sides = [
        async () => pair.floor.push(await job.floor()),
        async () => pair.job.push(await job.run()),
      ];
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) await side();
    }
    console.error(`round ${round + 1} of ${rounds}, load average ${loadavg()[0].toFixed(2)}`);
  }
  // The same floor beside another job is the same work.
  const fastestFloor = ({ floorName }) =>
    Math.min(...jobs.flatMap((job, index) => (job.floorName === floorName ? times[index].floor : [])));
  const rows = jobs.map((job, index) => rowOf(job, times[index], fastestFloor(job)));
  printTable(
    ['', 'minimum', 'median', 'floor', 'minimum', 'median', 'of the floor', 'of minima', 'wanted'],
    rows,
  );
  console.log(`${rounds} rounds, load average at the end ${loadavg()[0].toFixed(2)}\n`);
}

export function printTable(head, rows) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  console.log([head, ...rows].map(line).join('\n'));
}

export function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`;
}

function rowOf({ name, floorName, most }, { job, floor }, fastestMs) {
  const ratio = median(job) / median(floor);
  return [
    name,
    seconds(Math.min(...job)),
    seconds(median(job)),
    floorName,
    seconds(Math.min(...floor)),
    seconds(median(floor)),
    `${ratio.toFixed(2)} ×`,
    `${(Math.min(...job) / fastestMs).toFixed(2)} ×`,
    most === null ? '' : `≤ ${most} ×${ratio <= most ? '' : '  MISSED'}`,
  ];
}

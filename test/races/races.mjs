/**
 * Many at one target: two deployments at a barrier, readers through thousands of swaps, and commands of all kinds at once, some
 * of them killed. The last line has the counts; the exit code is 1 if anything went wrong.
 *
 *     npm run races -- [--barriers 50] [--swaps 10000] [--rounds 100] [--seed N] [--swap rename|unlink]
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runBarriers } from './barriers.mjs';
import { runReaders } from './readers.mjs';
import { runRounds } from './rounds.mjs';
import { openWorkshop } from './workshop.mjs';

const { values } = parseArgs({
  options: {
    barriers: { type: 'string', default: '50' },
    swaps: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    // `unlink` is the wrong way, which the readers must find out.
    swap: { type: 'string', default: 'rename' },
  },
});
const barriers = Number(values.barriers);
const swaps = Number(values.swaps);
const rounds = Number(values.rounds);
const workshop = await openWorkshop();
const number = (value) => value.toLocaleString('en-US');
const parts = [];
const failures = [];
try {
  if (barriers > 0) {
    const raced = await runBarriers(workshop, { count: barriers });
    failures.push(...raced.failures);
    parts.push(`${number(barriers)} barriers, ${raced.doublePlans} double plans`);
  }
  if (swaps > 0) {
    const read = await runReaders(workshop, { swaps, how: values.swap });
    failures.push(...read.failures);
    parts.push(`${number(swaps)} swaps, ${number(read.reads)} reads, ${number(read.failed)} failures`);
  }
  if (rounds > 0) {
    const walked = await runRounds(workshop, { count: rounds, seed: values.seed });
    failures.push(...walked.failures);
    parts.push(
      `${number(rounds)} rounds of ${number(walked.commands)} commands, ${walked.killed} killed, ${walked.failures.length} faults`,
    );
  }
} finally {
  await workshop.remove();
}
for (const failure of failures.slice(0, 20)) process.stderr.write(`${failure}\n`);
if (failures.length > 0) process.stderr.write(`again: npm run races -- --seed ${values.seed}\n`);
process.stdout.write(`races: ${parts.join('; ')}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;

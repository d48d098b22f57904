/**
 * Rounds of commands that all begin at about the same moment, on two targets side by side: deployments, rollbacks, resumes,
 * readers of the status; in some rounds one is killed. After each round both targets must be whole.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { numbers } from '../fuzz/mutate.mjs';
import { findFaults } from './workshop.mjs';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const MAX_DELAY_MS = 250;
const MAX_LIFE_MS = 900;

export async function runRounds(workshop, { count, seed }) {
  const random = numbers(`races/${seed}`);
  const bundles = [];
  for (let index = 0; index < 4; index += 1) bundles.push(await workshop.bundle(`m${index}`, 20 + index));
  const targets = [workshop.target('one'), workshop.target('two')];
  const failures = [];
  let commands = 0;
  let killed = 0;
  for (const [index, target] of targets.entries()) {
    const first = await milton(workshop, [
      'deploy',
      '--bundle',
      bundles[index],
      '--skip-load-test',
      '--target-path',
      target,
    ]);
    if (first.exitCode !== 0) failures.push(`the first deployment: ${first.said}`);
  }
  for (let round = 0; round < count; round += 1) {
    const started = Array.from({ length: 4 + random.below(3) }, () => {
      const target = random.pick(targets);
      const args = random.pick(JOBS)(random, bundles);
      return milton(workshop, [...args, '--target-path', target], {
        delayMs: random.below(MAX_DELAY_MS),
        lifeMs: random.below(10) === 0 ? random.below(MAX_LIFE_MS) : null,
      });
    });
    const ends = await Promise.all(started);
    commands += ends.length;
    killed += ends.filter(({ isKilled }) => isKilled).length;
    for (const end of ends.filter((one) => !isExpected(one))) {
      failures.push(`round ${round}: ${end.args.join(' ')} exited ${end.exitCode}: ${end.said}`);
    }
    for (const target of targets) {
      const resumed = await milton(workshop, ['resume', '--target-path', target]);
      if (resumed.exitCode !== 0)
        failures.push(`round ${round}: resume exited ${resumed.exitCode}: ${resumed.said}`);
      const faults = await findFaults(target, workshop.state).catch((error) => [String(error)]);
      failures.push(...faults.map((fault) => `round ${round}: ${target}: ${fault}`));
    }
  }
  return { commands, killed, failures };
}

const deploy = (random, bundles) => ['deploy', '--skip-load-test', '--bundle', random.pick(bundles)];
const rollback = () => ['rollback', '--now', 'test'];
const patient = (job) => (random, bundles) => [...job(random, bundles), '--wait', '60s'];
/** The more often, the likelier. */
const JOBS = [
  deploy,
  deploy,
  patient(deploy),
  patient(deploy),
  rollback,
  rollback,
  patient(rollback),
  () => ['resume'],
  patient(() => ['resume']),
  () => ['status'],
];

/** Done, refused because of another, or because there is nothing to go back to; whoever waits is never refused because of another. */
function isExpected({ args, exitCode, code, isKilled }) {
  if (isKilled || exitCode === 0) return true;
  if (code === 'TARGET_BUSY') return exitCode === 1 && !args.includes('--wait') && args[0] !== 'status';
  if (args[0] !== 'rollback') return false;
  return exitCode === 3 && (code === 'DEPLOY_NOTHING_TO_GO_BACK_TO' || code === 'TARGET_MOVED');
}

async function milton({ stateDir }, args, { delayMs = 0, lifeMs = null } = {}) {
  await sleep(delayMs);
  const child = spawn(process.execPath, [MAIN, ...args, '--json', '--state-dir', stateDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const timer = lifeMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), lifeMs);
  const [exitCode, signal] = await new Promise((resolve) => child.once('close', (...end) => resolve(end)));
  clearTimeout(timer);
  const isKilled = signal === 'SIGKILL' && lifeMs !== null;
  return { args, exitCode, isKilled, code: codeOf(stdout), said: `${stdout}${stderr}`.slice(0, 400) };
}

function codeOf(stdout) {
  try {
    return JSON.parse(stdout).error?.code ?? null;
  } catch {
    return null;
  }
}

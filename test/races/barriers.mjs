/**
 * Two deployments of one target, in two processes, held until both have made their plan and would take the lock next. Then both
 * are let go at once, and whoever is past the plan is held there until the other has its answer.
 */
import { startStepped } from './stepped.mjs';
import { findFaults } from './workshop.mjs';

const HOLD_AT = ['before-lock', 'planned'];

/** Every other round is the first deployment to a new target, the others replace what is live. */
export async function runBarriers(workshop, { count }) {
  const bundles = [];
  for (let seed = 1; seed <= 3; seed += 1) bundles.push(await workshop.bundle(`b${seed}`, seed));
  const contestants = [startStepped(), startStepped()];
  const failures = [];
  let doublePlans = 0;
  let place = { target: '', live: null };
  try {
    for (let round = 0; round < count; round += 1) {
      if (place.live === null || round % 2 === 0)
        place = { target: workshop.target(`barrier-${round}`), live: null };
      const { target, live } = place;
      const entries = bundles.filter((bundle) => bundle !== live).slice(0, 2);
      const { past, winner, fault } = await race(contestants, entries, {
        target,
        stateDir: workshop.stateDir,
      });
      if (past === 2) doublePlans += 1;
      if (fault !== null) failures.push(`barrier ${round}: ${fault}`);
      const faults = await findFaults(target, workshop.state).catch((error) => [String(error)]);
      failures.push(...faults.map((one) => `barrier ${round}: ${one}`));
      // What is broken is not what the next round is about.
      place = { target, live: fault === null && faults.length === 0 ? winner : null };
    }
  } finally {
    await Promise.all(contestants.map((one) => one.kill()));
  }
  return { doublePlans, failures };
}

async function race(contestants, bundles, { target, stateDir }) {
  contestants.forEach((one, index) => {
    one.begin({ kind: 'deploy', bundle: bundles[index], target, stateDir, holdAt: HOLD_AT });
  });
  const ready = await Promise.all(contestants.map((one) => one.next()));
  const isReady = ready.every(({ at }) => at === 'before-lock');
  const answers = await Promise.all(contestants.map((one, index) => step(one, ready[index])));
  const past = answers.filter(({ at }) => at === 'planned').length;
  const ends = [];
  for (const [index, one] of contestants.entries()) ends.push((await step(one, answers[index])).end);
  const winner = ends.findIndex((end) => end?.state === 'live');
  const loser = ends[1 - winner];
  const isRight =
    isReady &&
    past === 1 &&
    winner !== -1 &&
    answers[winner].at === 'planned' &&
    loser?.code === 'TARGET_BUSY' &&
    loser.exitCode === 1 &&
    loser.aftermath === 'unchanged' &&
    loser.message.includes(`process ${contestants[winner].pid} `);
  const fault = isRight ? null : JSON.stringify({ ready, answers, ends });
  return { past, winner: winner === -1 ? null : bundles[winner], fault };
}

/** Lets go on whoever stands still; who has ended stays where it is. */
function step(one, event) {
  if (event.at === null) return event;
  one.goOn();
  return one.next();
}

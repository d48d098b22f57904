/** The crash walk: the built command, killed before every call that changes something, and at random moments. */
import { join } from 'node:path';
import { judgeAftermath } from './aftermath.ts';
import type { Lab } from './lab.ts';
import { describePoint, findPoints, type Point } from './points.ts';
import type { Broken } from './report.ts';
import type { Scenario } from './scenarios.ts';
import { chooseNumbers, orProblem, shareOut, type Scope } from './scope.ts';
import { isBelow, type Call } from './trace.ts';

export interface Walked {
  readonly tried: number;
  readonly broken: readonly Broken[];
}

/** A scenario on one bench: its box is as it was at the start, and its calls are known. */
export interface Walk {
  readonly lab: Lab;
  readonly args: readonly string[];
  readonly calls: readonly Call[];
  readonly points: readonly Point[];
  /** How long the whole command took, under strace. */
  readonly lastsMs: number;
}

/** Prepares the box, runs the change once to its end, and gives its points. Throws where even that does not work. */
export async function openWalk(lab: Lab, scenario: Scenario): Promise<Walk> {
  await lab.place.clear();
  await scenario.prepare(lab);
  await lab.place.save();
  const args = scenario.args(lab);
  const startedAt = performance.now();
  const { end, calls } = await lab.trace(args);
  const lastsMs = performance.now() - startedAt;
  const expected = scenario.exitCode ?? 0;
  if (end.exitCode !== expected) {
    throw new Error(`${scenario.name} ended with ${end.exitCode}, not ${expected}: ${end.stderr}`);
  }
  // What a restart command does is another process's.
  const own = calls.filter(({ paths }) => !paths.some((path) => isBelow(path, join(lab.box, 'home'))));
  return { lab, args, calls, points: findPoints(own, lab.box), lastsMs };
}

/** Every point of one scenario that is in the scope, on all benches. */
export async function walkScenario(labs: readonly Lab[], scenario: Scenario, scope: Scope): Promise<Walked> {
  const walks = await Promise.all(labs.map((lab) => openWalk(lab, scenario)));
  const count = walks[0]?.points.length ?? 0;
  const broken: Broken[] = [];
  const stride = Math.max(scope.stride, scenario.stride ?? 1);
  const numbers = chooseNumbers(count, { ...scope, stride });
  let tried = 0;
  await shareOut(walks, numbers, async (walk, k) => {
    const point = walk.points[k - 1];
    const problems =
      point === undefined
        ? ['this bench has no such point']
        : await orProblem(() => tryPoint(walk, scenario, point));
    tried += 1;
    if (problems.length > 0) {
      const what = point === undefined ? '' : describePoint(point, walk.lab.box);
      broken.push({ part: 'walk', scenario: scenario.name, k, what, problems });
    }
    if (tried % 25 === 0) scope.say(`${scenario.name}: ${tried} of ${numbers.length}`);
  });
  return { tried, broken };
}

/** So many kills at moments that nobody chose, with as many threads as the command likes. */
export async function walkAtRandom(
  labs: readonly Lab[],
  scenario: Scenario,
  { count, say }: { readonly count: number } & Pick<Scope, 'say'>,
): Promise<Walked> {
  const walks = await Promise.all(labs.map((lab) => openWalk(lab, scenario)));
  const broken: Broken[] = [];
  const turns = Array.from({ length: count }, (_, index) => index + 1);
  await shareOut(walks, turns, async ({ lab, args, lastsMs }, k) => {
    await lab.place.reset();
    const delayMs = Math.random() * lastsMs;
    await lab.milton(args, (kill) => setTimeout(kill, delayMs));
    const { mayBeLive } = scenario;
    const problems = await judge(lab, scenario, { mayBeLive, resume: k % 2 === 0 });
    const what = `after ${delayMs.toFixed(0)} ms`;
    if (problems.length > 0) broken.push({ part: 'random', scenario: scenario.name, k, what, problems });
  });
  say(`${scenario.name} at random: ${count} of ${count}`);
  return { tried: count, broken };
}

/** A call is found again in nearly every run; an interrupted one may be counted twice. */
const MAX_TURNS = 3;

async function tryPoint({ lab, args }: Walk, scenario: Scenario, point: Point): Promise<readonly string[]> {
  for (let turn = 1; turn <= MAX_TURNS; turn += 1) {
    await lab.place.reset();
    const { isHit } = await lab.inject(args, point.aim, { kind: 'kill' });
    if (isHit) return judge(lab, scenario, { mayBeLive: scenario.mayBeLive, resume: point.k % 2 === 0 });
  }
  return [`the command was not killed: it made this call in no other run (${JSON.stringify(point.aim)})`];
}

/** What cannot even be judged is broken, too. */
export async function judge(...args: Parameters<typeof judgeAftermath>): Promise<readonly string[]> {
  try {
    return await judgeAftermath(...args);
  } catch (error) {
    return [`it could not be judged: ${String(error)}`];
  }
}

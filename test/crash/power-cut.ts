/** Power cuts: a disk that forgets, at every moment and after the end, everything that it was not made to write. */
import type { DiskLab } from './benches.ts';
import { describePoint } from './points.ts';
import type { Broken } from './report.ts';
import { deployBeside, type Scenario } from './scenarios.ts';
import { chooseNumbers, orProblem, shareOut, type Scope } from './scope.ts';
import { readLive, targetBeside } from './target.ts';
import { judge, openWalk, type Walk, type Walked } from './walk.ts';

export const HOW = ['at-once', 'committed'] as const;
export type How = (typeof HOW)[number];

type DiskWalk = Walk & { readonly lab: DiskLab };

/** Before each call that changes something, and once more when the command has ended. */
export async function cutInScenario(
  labs: readonly DiskLab[],
  scenario: Scenario,
  scope: Scope,
): Promise<Walked> {
  const walks = await Promise.all(labs.map(async (lab) => ({ ...(await openWalk(lab, scenario)), lab })));
  const count = (walks[0]?.points.length ?? 0) + 1;
  const numbers = [...new Set([...chooseNumbers(count, scope), ...(scope.to >= count ? [count] : [])])];
  const moments = numbers.flatMap((k) => HOW.map((how) => ({ k, how })));
  const broken: Broken[] = [];
  let tried = 0;
  await shareOut(walks, moments, async (walk, { k, how }) => {
    const problems = await orProblem(() => tryCut(walk, scenario, { k, how }));
    const point = walk.points[k - 1];
    const where = point === undefined ? 'after the end' : describePoint(point, walk.lab.box);
    const what = `${where}, ${how}`;
    if (problems.length > 0) broken.push({ part: 'power', scenario: scenario.name, k, what, problems });
    tried += 1;
    if (tried % 50 === 0) scope.say(`power ${scenario.name}: ${tried} of ${moments.length}`);
  });
  broken.push(...(await proveSight(walks, scenario)));
  return { tried, broken };
}

async function tryCut(
  { lab, args, points }: DiskWalk,
  scenario: Scenario,
  { k, how }: { readonly k: number; readonly how: How },
): Promise<readonly string[]> {
  const point = points[k - 1];
  let { mayBeLive } = scenario;
  await lab.place.reset();
  if (point === undefined) {
    const { exitCode } = await lab.milton(args);
    if (exitCode !== (scenario.exitCode ?? 0)) return [`the command ended with ${exitCode}`];
    mayBeLive = [scenario.endsWith];
  } else {
    const { isHit } = await lab.inject(args, point.aim, { kind: 'kill' });
    if (!isHit) return [`the command was not killed: it made this call in no other run`];
  }
  await lab.place.cutPower(how);
  return judge(lab, scenario, { mayBeLive, resume: k % 2 === 0 });
}

/** After 30 seconds the kernel writes by itself (vm.dirty_expire_centisecs); a machine that is so slow proves nothing. */
const MAX_UNWRITTEN_MS = 20_000;

/** With an fsync that does nothing this very trial must see a loss, or it would see none at all. */
async function proveSight(walks: readonly DiskWalk[], scenario: Scenario): Promise<readonly Broken[]> {
  const [walk] = walks;
  if (walk === undefined) return [];
  const broken: Broken[] = [];
  for (const how of HOW) {
    const startedAt = performance.now();
    const losses = await loseEverything(walk, how);
    if (losses.length > 0 || performance.now() - startedAt > MAX_UNWRITTEN_MS) continue;
    const what = `fsync did nothing, ${how}`;
    const problems = ['nothing was lost: this machine cannot show what a power cut does'];
    broken.push({ part: 'power', scenario: scenario.name, k: 0, what, problems });
  }
  return broken;
}

/** What is lost of a deployment that ended well on a machine whose fsync does nothing. */
export async function loseEverything({ lab }: Pick<DiskWalk, 'lab'>, how: How): Promise<readonly string[]> {
  await lab.place.reset();
  await lab.withoutSync(deployBeside(lab, 'v3'));
  await lab.place.cutPower(how);
  const live = await readLive(targetBeside(lab.box), lab.shelf);
  return live.version === 'v3'
    ? live.problems
    : [`${live.version ?? 'nothing'} is live, not v3`, ...live.problems];
}

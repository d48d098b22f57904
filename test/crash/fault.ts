/** Calls that fail: an error at every write, fsync and rename of a change, once, or from then on. */
import { dirname } from 'node:path';
import type { Errno, Lab, Traced } from './lab.ts';
import { describePoint, type Point } from './points.ts';
import type { Broken } from './report.ts';
import { targetOf, type Scenario } from './scenarios.ts';
import { chooseNumbers, orProblem, shareOut, type Scope } from './scope.ts';
import { findLeftovers, readLive } from './target.ts';
import { isBelow } from './trace.ts';
import { judge, openWalk, type Walk, type Walked } from './walk.ts';

export const ERRNOS = ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'] as const;

export interface FaultOptions {
  readonly scope: Scope;
  /** All four at every point, or one after the other. */
  readonly errnos: 'each' | 'in-turn';
  /** Every later call of that name fails as well. */
  readonly isLasting?: boolean;
}

interface Fault {
  readonly k: number;
  readonly errno: Errno;
}

export async function failInScenario(
  labs: readonly Lab[],
  scenario: Scenario,
  { scope, errnos, isLasting = false }: FaultOptions,
): Promise<Walked> {
  const walks = await Promise.all(labs.map((lab) => openWalk(lab, scenario)));
  const points = walks[0]?.points ?? [];
  const part = isLasting ? 'lasting' : 'faults';
  const numbers = chooseNumbers(points.length, { ...scope, stride: 1 })
    .filter((k) => canFail(points[k - 1], isLasting))
    .filter((_, index) => index % scope.stride === 0);
  const faults = numbers.flatMap((k, index): Fault[] => {
    if (errnos === 'each') return ERRNOS.map((errno) => ({ k, errno }));
    return [{ k, errno: ERRNOS[index % ERRNOS.length] ?? 'EIO' }];
  });
  const broken: Broken[] = [];
  let tried = 0;
  await shareOut(walks, faults, async (walk, fault) => {
    const point = walk.points[fault.k - 1];
    if (point === undefined) throw new Error(`This bench has no point ${fault.k}.`);
    const problems = await orProblem(() =>
      tryFault(walk, scenario, { point, errno: fault.errno, isLasting }),
    );
    const what = `${describePoint(point, walk.lab.box)} fails with ${fault.errno}`;
    if (problems.length > 0) broken.push({ part, scenario: scenario.name, k: fault.k, what, problems });
    tried += 1;
    if (tried % 50 === 0) scope.say(`${part} ${scenario.name}: ${tried} of ${faults.length}`);
  });
  return { tried, broken };
}

const FAILING = /^(p?writev?(64|2)?|f(data)?sync|rename(at2?)?|mkdir|symlink|linkat|link|openat)$/;
/** Of the others a thread makes some for itself. */
const FAILING_FOR_GOOD = /^(pwrite64|pwritev|f(data)?sync|rename|mkdir|symlink)$/;

/** koffi makes two of its own when the process ends, of standard output and standard error, and hangs if they fail. */
const FSYNCS_AT_EXIT = 2;

function canFail(point: Point | undefined, isLasting: boolean): boolean {
  if (point === undefined) return false;
  const { call, aim } = point;
  if (!isLasting) return FAILING.test(call.name);
  return FAILING_FOR_GOOD.test(call.name) && (call.name !== 'fsync' || aim.overall > FSYNCS_AT_EXIT);
}

async function tryFault(
  { lab, args }: Walk,
  scenario: Scenario,
  { point, errno, isLasting }: { readonly point: Point; readonly errno: Errno; readonly isLasting: boolean },
): Promise<readonly string[]> {
  await lab.place.reset();
  const { aim } = point;
  const aimed = isLasting ? { ...aim, path: null, when: aim.overall } : aim;
  const traced = await lab.inject(args, aimed, { kind: 'error', errno, lasting: isLasting });
  if (!traced.isHit) return ['no call failed: the command made this one in no other run'];
  const problems = [...(await judgeEnd(lab, scenario, { traced, point, isLasting }))];
  const { version } = await readLive(targetOf(scenario, lab.box), lab.shelf);
  return [...problems, ...(await judge(lab, scenario, { mayBeLive: [version], resume: point.k % 2 === 0 }))];
}

interface Ended {
  readonly traced: Traced;
  readonly point: Point;
  readonly isLasting: boolean;
}

/** What the command said and left, while it could still do something about it. */
async function judgeEnd(
  lab: Lab,
  scenario: Scenario,
  { traced: { end }, point, isLasting }: Ended,
): Promise<readonly string[]> {
  const target = targetOf(scenario, lab.box);
  const live = await readLive(target, lab.shelf);
  const leftovers = await findLeftovers(lab.box, target);
  const problems = live.problems.map((problem) => `at once: ${problem}`);
  const [before = null] = scenario.mayBeLive;
  const path = point.call.paths[0] ?? '';
  if (end.exitCode === 0) {
    if (matters(path, target))
      problems.push('it ended with 0, though a call failed on which the deployment relies');
    if (live.version !== scenario.endsWith) problems.push(`it ended with 0, and ${live.version} is live`);
  } else {
    const allowed: readonly (number | null)[] = isLasting ? [1, 3, 4, 5] : [1, 3, 4];
    if (!allowed.includes(end.exitCode))
      problems.push(`it ended with ${end.exitCode ?? end.signal}: ${end.stderr}`);
    const errors = end.stderr.match(/^error [A-Z]+(_[A-Z]+)+: /gm) ?? [];
    if (errors.length !== 1) problems.push(`it named ${errors.length} errors: ${end.stderr}`);
    if (end.exitCode !== 5 && live.version !== before) {
      problems.push(
        `it ended with ${end.exitCode}, and ${live.version ?? 'nothing'} is live, not ${before ?? 'nothing'}`,
      );
    }
  }
  // A disk that fails for good may keep what cannot be removed.
  if (!isLasting) problems.push(...leftovers.map((left) => `at once: ${left} is left`));
  return problems;
}

/** Records are copies, and the content of a lock only tells who holds it. */
function matters(path: string, { link, controlDir }: ReturnType<typeof targetOf>): boolean {
  if (isBelow(path, `${controlDir}/lock`)) return false;
  return isBelow(path, dirname(link)) || path.includes('/state/bundles/');
}

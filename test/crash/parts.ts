/** What `npm run crash` is made of, in the order in which it runs. */
import type { Benches, DiskLab } from './benches.ts';
import { failInScenario } from './fault.ts';
import { whyNotMounted, whyNotTraced, whyNotTried } from './means.ts';
import { judgeOrderOf } from './order-walk.ts';
import { cutInScenario } from './power-cut.ts';
import { runRace } from './races.ts';
import { describeBroken, type Broken, type Report } from './report.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { shareOut, type Scope } from './scope.ts';
import { tryDisks, type DiskTrial } from './small-disk.ts';
import { walkAtRandom, walkScenario, type Walked } from './walk.ts';

export type Part = (benches: Benches, scope: Scope) => Promise<Report>;

const RANDOM_MOMENTS = 60;

export const PARTS: Readonly<Record<string, Part>> = {
  walk: async (benches, scope) => {
    const labs = await benches.openLabs();
    return tryAll({ part: 'walk', unit: 'points', scenarios: SCENARIOS }, benches, scope, (scenario) =>
      walkScenario(labs, scenario, scope),
    );
  },
  random: async (benches, scope) => {
    const labs = await benches.openLabs();
    const what = { part: 'random', unit: 'random moments', scenarios: named('upgrade') };
    const { say, stride } = scope;
    const count = Math.ceil(RANDOM_MOMENTS / stride);
    return tryAll(what, benches, scope, (scenario) => walkAtRandom(labs, scenario, { count, say }));
  },
  order: async (benches, scope) => {
    const labs = await benches.openLabs();
    const scenarios = named(
      'first',
      'upgrade',
      'rollback',
      'linked',
      'from-registry',
      'no-bundle',
      'default-target',
      'served',
    );
    return tryAll({ part: 'order', unit: 'traces', scenarios }, benches, scope, (scenario) =>
      judgeOrderOf(labs, scenario),
    );
  },
  power: async (benches, scope) => {
    const trial = {
      part: 'power',
      unit: 'power cuts',
      scenarios: named('first', 'upgrade', 'rollback'),
      whyNot: () => whyNotMounted('ext4'),
    };
    let labs: readonly DiskLab[] | null = null;
    return tryAll(trial, benches, scope, async (scenario) => {
      labs ??= await benches.openDiskLabs();
      return cutInScenario(labs, scenario, scope);
    });
  },
  faults: async (benches, scope) => {
    const labs = await benches.openLabs();
    const scenarios = named('first', 'upgrade', 'rollback', 'from-registry', 'no-bundle', 'served');
    return tryAll({ part: 'faults', unit: 'faults', scenarios }, benches, scope, (scenario) =>
      failInScenario(labs, scenario, { scope, errnos: scenario.name === 'upgrade' ? 'each' : 'in-turn' }),
    );
  },
  lasting: async (benches, scope) => {
    const labs = await benches.openLabs();
    const trial = {
      part: 'lasting',
      unit: 'lasting faults',
      scenarios: named('first', 'upgrade', 'rollback'),
    };
    return tryAll(trial, benches, scope, (scenario) =>
      failInScenario(labs, scenario, { scope, errnos: 'in-turn', isLasting: true }),
    );
  },
  disks: async (benches, scope) => tryAllDisks(benches, scope),
  barrier: (_benches, scope) => runRace({ part: 'barrier', unit: 'pairs at a barrier', count: 50 }, scope),
  readers: (_benches, scope) =>
    runRace({ part: 'readers', unit: 'swaps under readers', count: 10_000 }, scope),
};

const DISKS: readonly DiskTrial[] = ['first', 'upgrade', 'inodes', 'filled'];

async function tryAllDisks(benches: Benches, scope: Scope): Promise<Report> {
  const broken: Broken[] = [];
  const reason = (await whyNotMounted('tmpfs')) ?? (await whyNotTraced());
  const trials = DISKS.filter((name) => reason === null && (scope.scenario ?? name) === name);
  let tried = 0;
  if (trials.length > 0) {
    await shareOut(await benches.openLabs(), trials, async (lab, name) => {
      try {
        const walked = await tryDisks(lab, name, scope);
        tried += walked.tried;
        broken.push(...walked.broken);
        walked.broken.flatMap(describeBroken).forEach(scope.say);
      } catch (error) {
        const failed = {
          part: 'disks',
          scenario: name,
          k: 0,
          what: 'it did not end',
          problems: [String(error)],
        };
        broken.push(failed);
        describeBroken(failed).forEach(scope.say);
      }
    });
  }
  const skipped = reason === null ? [] : [reason];
  return { part: 'disks', unit: 'small disks', scenarios: trials.length, tried, broken, skipped };
}

interface Trial {
  readonly part: string;
  readonly unit: string;
  readonly scenarios: readonly Scenario[];
  /** Why nothing of it can be tried here, beside the lack of strace. */
  readonly whyNot?: () => Promise<string | null>;
}

/** Runs the scenarios one after the other; one that cannot even begin is broken, and the others go on. */
async function tryAll(
  { part, unit, scenarios, whyNot }: Trial,
  { main }: Benches,
  scope: Scope,
  run: (scenario: Scenario) => Promise<Walked>,
): Promise<Report> {
  const broken: Broken[] = [];
  const skipped: string[] = [];
  let tried = 0;
  let count = 0;
  const reason = (await whyNotTraced()) ?? (await whyNot?.()) ?? null;
  if (reason !== null) skipped.push(reason);
  for (const scenario of reason === null ? scenarios : []) {
    const { name } = scenario;
    if (scope.scenario !== null && scope.scenario !== name) continue;
    const lacking = await whyNotTried(scenario, main);
    if (lacking !== null) {
      skipped.push(`${name}: ${lacking}`);
      continue;
    }
    try {
      const walked = await run(scenario);
      tried += walked.tried;
      broken.push(...walked.broken);
      walked.broken.flatMap(describeBroken).forEach(scope.say);
      scope.say(`${part} ${name}: ${walked.tried} ${unit}, ${walked.broken.length} broken`);
    } catch (error) {
      const failed = { part, scenario: name, k: 0, what: 'it did not begin', problems: [String(error)] };
      broken.push(failed);
      describeBroken(failed).forEach(scope.say);
    }
    count += 1;
  }
  return { part, unit, scenarios: count, tried, broken, skipped };
}

function named(...names: readonly string[]): readonly Scenario[] {
  return SCENARIOS.filter(({ name }) => names.includes(name));
}

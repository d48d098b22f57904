/** The order of fsync and rename in every kind of deployment, as the kernel saw it. */
import type { Lab } from './lab.ts';
import { judgeOrder } from './fsync-order.ts';
import { targetOf, type Scenario } from './scenarios.ts';
import { openWalk, type Walked } from './walk.ts';

export async function judgeOrderOf([lab]: readonly Lab[], scenario: Scenario): Promise<Walked> {
  if (lab === undefined) throw new Error('There is no bench.');
  const { calls } = await openWalk(lab, scenario);
  const problems = judgeOrder(calls, {
    ...targetOf(scenario, lab.box),
    makesRelease: scenario.name !== 'rollback',
  });
  const broken = {
    part: 'order',
    scenario: scenario.name,
    k: 0,
    what: 'the order of fsync and rename',
    problems,
  };
  return { tried: 1, broken: problems.length > 0 ? [broken] : [] };
}

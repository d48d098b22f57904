/** The crash walk is only worth what it would notice: builds with one thing made wrong, each of which it has to report. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { withBenches, type Benches } from '../crash/benches.ts';
import { judgeOrder } from '../crash/fsync-order.ts';
import type { Lab } from '../crash/lab.ts';
import { whyNotTraced } from '../crash/means.ts';
import { failInScenario } from '../crash/fault.ts';
import { SCENARIOS, targetOf, type Scenario } from '../crash/scenarios.ts';
import { isMutating, type Call } from '../crash/trace.ts';
import { openWalk, walkScenario } from '../crash/walk.ts';
import { skipLoudly } from './system-child.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [upgrade] = SCENARIOS.filter(({ name }) => name === 'upgrade');

let copy = '';
afterEach(() => rm(copy, { recursive: true, force: true }));

/** The built command with one text of one file replaced; its packages are found above it. */
async function brokenBuild(file: string, [from, to]: readonly [string, string]): Promise<string> {
  await mkdir(join(ROOT, '.tmp'), { recursive: true });
  copy = await mkdtemp(join(ROOT, '.tmp', 'broken-'));
  await cp(join(ROOT, 'dist'), join(copy, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(copy, 'package.json'));
  const path = join(copy, 'dist', file);
  const text = await readFile(path, 'utf8');
  expect(text.split(from)).toHaveLength(2);
  await writeFile(path, text.replace(from, to));
  return join(copy, 'dist/cli/main.js');
}

interface Found {
  readonly problems: string;
  readonly tried: number;
}

/** Kills it only before the calls of a kind. */
async function walkAt(main: string, isMeant: (call: Call, lab: Lab) => boolean): Promise<Found> {
  return withBenches({ main, workers: 1 }, async (benches: Benches) => {
    const labs = await benches.openLabs();
    const [lab] = labs;
    if (lab === undefined || upgrade === undefined) throw new Error('There is nothing to walk.');
    const { points } = await openWalk(lab, upgrade);
    const found: string[] = [];
    let tried = 0;
    for (const { k, call } of points) {
      if (!isMeant(call, lab)) continue;
      const walked = await walkScenario(labs, upgrade, { ...SCOPE, from: k, to: k });
      tried += walked.tried;
      found.push(...walked.broken.flatMap(({ problems }) => problems));
    }
    return { problems: found.join('\n'), tried };
  });
}

const SCOPE = { scenario: null, from: 1, to: 1_000_000, stride: 1, say: () => undefined };

const isSwap = ({ name, paths }: Call, { box }: Lab): boolean =>
  name === 'rename' && paths.at(-1) === join(box, 'srv/llm');

describe('the crash walk', () => {
  it('reports a link that is removed before it is made anew', async (context) => {
    await demandStrace(context);
    const main = await brokenBuild('system/durable.js', [
      'await symlink(target, temporary);',
      'await symlink(target, temporary);\n        await rm(path, { force: true });',
    ]);
    const { problems, tried } = await walkAt(main, isSwap);
    expect(tried).toBe(1);
    expect(problems).toContain('nothing is live, not v1 or v2');
  });

  it('reports what is left where nobody settles a crash', async (context) => {
    await demandStrace(context);
    const main = await brokenBuild('deploy/settle.js', [
      'const view = viewJournal(lines);',
      'return null;\n    const view = viewJournal(lines);',
    ]);
    const { problems } = await walkAt(main, isSwap);
    expect(problems).toMatch(/in the end: .*deploy_v2_[^\n]* is left/);
  });
});

describe('the faults', () => {
  it('report a failed fsync that nobody heard of', async (context) => {
    await demandStrace(context);
    const main = await brokenBuild('deploy/journal.js', [
      'await handle.sync();',
      'await handle.sync().catch(() => undefined);',
    ]);
    await withBenches({ main, workers: 1 }, async (benches) => {
      const labs = await benches.openLabs();
      const scenario = upgrade as Scenario;
      const [lab] = labs;
      if (lab === undefined) throw new Error('There is no bench.');
      const { points } = await openWalk(lab, scenario);
      const isMeant = ({ name, paths }: Call): boolean =>
        name === 'fsync' && paths[0]?.endsWith('journal.jsonl') === true;
      const k = points.find(({ call }) => isMeant(call))?.k ?? 0;
      const scope = { ...SCOPE, from: k, to: k };
      const { broken } = await failInScenario(labs, scenario, { scope, errnos: 'in-turn' });
      expect(broken.flatMap(({ problems }) => problems).join()).toContain('it ended with 0');
    });
  });
});

describe('the order of fsync and rename', () => {
  it('needs every fsync of the journal in a real trace', async (context) => {
    await demandStrace(context);
    await withBenches({ main: join(ROOT, 'dist/cli/main.js'), workers: 1 }, async (benches) => {
      const [lab] = await benches.openLabs();
      const scenario = upgrade as Scenario;
      if (lab === undefined) throw new Error('There is no bench.');
      const { calls } = await openWalk(lab, scenario);
      const target = targetOf(scenario, lab.box);
      expect(judgeOrder(calls, target)).toEqual([]);
      const seen = calls.filter(isMutating).flatMap((call, _, all) => {
        const isOfJournal = call.paths[0]?.endsWith('journal.jsonl') === true;
        if (call.name !== 'fsync' || !isOfJournal) return [];
        return [
          judgeOrder(
            all.filter((other) => other !== call),
            target,
          ).length,
        ];
      });
      expect(seen.length).toBeGreaterThan(5);
      expect(seen.every((count) => count > 0)).toBe(true);
    });
  });
});

async function demandStrace(context: Parameters<typeof skipLoudly>[0]): Promise<void> {
  const reason = await whyNotTraced();
  if (reason !== null) skipLoudly(context, reason);
}

/** What is walked through: one entry for each kind of change to a target. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import type { Version } from './shelf.ts';
import { targetBeside, targetInState, type TargetPlace } from './target.ts';

export interface Scenario {
  readonly name: string;
  /** Brings the box to where the change begins. */
  readonly prepare: (lab: Lab) => Promise<void>;
  /** The change: arguments of `milton`. */
  readonly args: (lab: Lab) => readonly string[];
  /** What may be live at any moment from the first to the last; null for nothing at all. */
  readonly mayBeLive: readonly (Version | null)[];
  /** What is live once it ended by itself. */
  readonly endsWith: Version | null;
  readonly exitCode?: number;
  /** Problems that are there from the start, and are what the change is about; a next deployment leaves none. */
  readonly tolerates?: RegExp;
  /** More words for the next deployment. */
  readonly next?: readonly string[];
  /** Every so many points; 1 where this is missing. */
  readonly stride?: number;
  readonly isDefaultTarget?: boolean;
  /** A word that the help of a command must have, given as its arguments and the word: for what a build may not have. */
  readonly needs?: readonly string[];
  /** The engine is really started. */
  readonly hasLoadTest?: boolean;
}

/** Where things stand in a scenario. */
export function targetOf({ isDefaultTarget = false }: Scenario, box: string): TargetPlace {
  return isDefaultTarget ? targetInState(box) : targetBeside(box);
}

/** A deployment that must work after whatever happened. */
export function nextDeployment(
  { isDefaultTarget = false, next = [] }: Scenario,
  lab: Lab,
): readonly string[] {
  return [...deployBundle(lab, 'v3', isDefaultTarget ? [] : at(lab)), ...next];
}

/** Beside a path of one's own, whatever the scenario. */
export function deployBeside(lab: Lab, version: Version): readonly string[] {
  return deployBundle(lab, version, at(lab));
}

export function resumeArgs({ isDefaultTarget = false }: Scenario, lab: Lab): readonly string[] {
  return ['resume', ...(isDefaultTarget ? [] : at(lab))];
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'first',
    prepare: () => Promise.resolve(),
    args: (lab) => deployBundle(lab, 'v1', at(lab)),
    mayBeLive: [null, 'v1'],
    endsWith: 'v1',
  },
  {
    name: 'upgrade',
    prepare: (lab) => deployed(lab, 'v1'),
    args: (lab) => deployBundle(lab, 'v2', at(lab)),
    mayBeLive: ['v1', 'v2'],
    endsWith: 'v2',
  },
  {
    name: 'redeploy',
    prepare: (lab) => deployed(lab, 'v1'),
    args: (lab) => deployBundle(lab, 'v1', at(lab)),
    mayBeLive: ['v1'],
    endsWith: 'v1',
  },
  {
    name: 'rollback',
    prepare: (lab) => deployed(lab, 'v1', 'v2'),
    args: (lab) => ['rollback', '--now', 'walk', ...at(lab)],
    mayBeLive: ['v2', 'v1'],
    endsWith: 'v1',
  },
  {
    // The weights of v1 are still there and are linked.
    name: 'linked',
    prepare: (lab) => deployed(lab, 'v1', 'v2'),
    args: (lab) => deployBundle(lab, 'v1', at(lab)),
    mayBeLive: ['v2', 'v1'],
    endsWith: 'v1',
  },
  {
    // Packs a bundle, deploys it, makes the version active.
    name: 'from-registry',
    prepare: (lab) => registered(lab),
    args: (lab) => ['deploy', 'v2', '--skip-load-test', ...at(lab)],
    mayBeLive: ['v1', 'v2'],
    endsWith: 'v2',
  },
  {
    name: 'no-bundle',
    prepare: (lab) => registered(lab),
    args: (lab) => ['deploy', 'v2', '--no-bundle', '--skip-load-test', ...at(lab)],
    mayBeLive: ['v1', 'v2'],
    endsWith: 'v2',
  },
  {
    name: 'default-target',
    prepare: (lab) => lab.prepare(deployBundle(lab, 'v1', [])),
    args: (lab) => deployBundle(lab, 'v2', []),
    mayBeLive: ['v1', 'v2'],
    endsWith: 'v2',
    isDefaultTarget: true,
  },
  {
    // A server that is restarted and asked.
    name: 'served',
    prepare: (lab) =>
      lab.prepare([...deployBundle(lab, 'v1', at(lab)), ...served(lab), '--health-command', 'true']),
    args: (lab) => [...deployBundle(lab, 'v2', at(lab)), ...served(lab), '--health-command', 'true'],
    mayBeLive: ['v1', 'v2'],
    endsWith: 'v2',
  },
  {
    // The new release is not well, so it goes back by itself.
    name: 'way-back',
    prepare: (lab) =>
      lab.prepare([...deployBundle(lab, 'v1', at(lab)), ...served(lab), '--health-command', 'true']),
    args: (lab) => [
      ...deployBundle(lab, 'v2', at(lab)),
      ...served(lab),
      '--health-attempts',
      '1',
      '--health-command',
      '[ "$MILTON_VERSION" = v1 ]',
    ],
    mayBeLive: ['v1', 'v2'],
    endsWith: 'v1',
    exitCode: 4,
  },
  {
    // A second crash, while the first one is being cleaned up: before the swap …
    name: 'resume-staged',
    prepare: (lab) => crashed(lab, { line: 5 }),
    args: (lab) => ['resume', ...at(lab)],
    mayBeLive: ['v1'],
    endsWith: 'v1',
  },
  {
    // … and after it.
    name: 'resume-swapped',
    prepare: (lab) => crashed(lab, { line: 6 }),
    args: (lab) => ['resume', ...at(lab)],
    mayBeLive: ['v2', 'v1'],
    endsWith: 'v1',
  },
  {
    name: 'prune',
    prepare: (lab) => deployed(lab, 'v1', 'v2', 'v3', 'v2'),
    args: (lab) => ['prune', '--keep', '1', ...at(lab)],
    mayBeLive: ['v2'],
    endsWith: 'v2',
    needs: ['--help', 'prune'],
  },
  {
    // A folder that somebody copied there by hand.
    name: 'adopt',
    prepare: (lab) => placed(lab),
    args: (lab) => [...deployBundle(lab, 'v2', at(lab)), '--adopt'],
    mayBeLive: [null, 'v2'],
    endsWith: 'v2',
    tolerates: /is no link/,
    next: ['--adopt'],
    needs: ['deploy', '--help', '--adopt'],
  },
  {
    // A bit of what is live has flipped.
    name: 'repair',
    prepare: (lab) => damaged(lab),
    args: (lab) => ['repair', '--skip-load-test', ...at(lab)],
    mayBeLive: [null, 'v1'],
    endsWith: 'v1',
    tolerates: /of what is live has|none of the models/,
    needs: ['--help', 'repair'],
  },
  {
    // The journal remembers the policy from the line on that activates.
    name: 'under-policy',
    prepare: async (lab) => {
      await lab.prepare(['policy', 'init', '--signatures', 'off', ...at(lab)]);
      const path = join(targetBeside(lab.box).controlDir, 'policy.json');
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.replace('"skip_load_test": false', '"skip_load_test": true'));
      await deployed(lab, 'v1');
    },
    args: (lab) => deployBundle(lab, 'v2', at(lab)),
    mayBeLive: ['v1', 'v2'],
    endsWith: 'v2',
    needs: ['--help', 'policy'],
  },
  {
    name: 'load-tested',
    prepare: (lab) => deployed(lab, 'v1'),
    args: (lab) => ['deploy', '--bundle', lab.shelf.bundle('v2'), '--load-test-tokens', '2', ...at(lab)],
    mayBeLive: ['v1', 'v2'],
    endsWith: 'v2',
    stride: 12,
    hasLoadTest: true,
  },
];

function at({ box }: Lab): readonly string[] {
  return ['--target-path', join(box, 'srv/llm')];
}

function deployBundle(lab: Lab, version: Version, where: readonly string[]): readonly string[] {
  return ['deploy', '--bundle', lab.shelf.bundle(version), '--skip-load-test', ...where];
}

async function deployed(lab: Lab, ...versions: readonly Version[]): Promise<void> {
  for (const version of versions) await lab.prepare(deployBundle(lab, version, at(lab)));
}

async function registered(lab: Lab): Promise<void> {
  for (const version of ['v1', 'v2'] as const) {
    await lab.prepare(['models', 'register', version, '--gguf', lab.shelf.model(version)]);
  }
  await lab.prepare(['deploy', 'v1', '--skip-load-test', ...at(lab)]);
}

/** The command leaves a note of what it would serve. */
function served({ box }: Lab): readonly string[] {
  return ['--restart-command', `readlink '${join(box, 'srv/llm')}' > '${join(box, 'home/served')}'`];
}

/** v1 live, and a deployment of v2 that was killed before it wrote that line of its own into the journal. */
async function crashed(lab: Lab, { line }: { readonly line: number }): Promise<void> {
  await deployed(lab, 'v1');
  const path = join(targetBeside(lab.box).controlDir, 'journal.jsonl');
  const aim = { syscall: 'write', path, when: line, overall: line };
  const { isHit } = await lab.inject(deployBundle(lab, 'v2', at(lab)), aim, { kind: 'kill' });
  if (!isHit) throw new Error('The deployment that was to be killed went on.');
}

async function placed({ box, shelf }: Lab): Promise<void> {
  const folder = join(box, 'srv/llm');
  await mkdir(folder);
  await cp(shelf.model('v1'), join(folder, 'model.gguf'));
}

async function damaged(lab: Lab): Promise<void> {
  await deployed(lab, 'v1');
  const model = join(lab.box, 'srv/llm/model.gguf');
  const bytes = await readFile(model);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(model, bytes);
}

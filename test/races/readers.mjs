/** Readers in processes of their own, while the link goes back and forth between two releases. */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const load = (path) => import(new URL(`../../dist/${path}.js`, import.meta.url).href);
const { DEFAULT_DEPLOY_OPTIONS, deployRelease, resolveTarget } = await load('deploy/index');
const { systemClock } = await load('system/index');
// Past the door: what swaps the link for every deployment, without the seconds of the rest.
const { pointAt } = await load('deploy/activate');
const { linkText } = await load('deploy/layout');

const READER = fileURLToPath(new URL('reader-child.mjs', import.meta.url));
const READERS = 2;

/** How the link is swapped: as deployments do, or the way that leaves a moment without a link. */
const SWAPS = {
  rename: pointAt,
  unlink: async (layout, releaseId) => {
    await rm(layout.targetPath);
    await symlink(linkText(layout, releaseId), layout.targetPath);
  },
};

export async function runReaders(workshop, { swaps, how = 'rename' }) {
  const target = workshop.target('read');
  const layout = await resolveTarget(target, workshop.state);
  const releases = [];
  for (const [version, seed] of [
    ['r1', 11],
    ['r2', 12],
  ]) {
    releases.push(await deploy(await workshop.bundle(version, seed), { layout, state: workshop.state }));
  }
  const digests = await Promise.all(
    releases.map(async (id) => hash(await readFile(join(layout.releasesDir, id, 'manifest.json')))),
  );
  const readers = Array.from({ length: READERS }, () => startReader(target, digests));
  await Promise.all(readers.map(({ ready }) => ready));
  for (let turn = 0; turn < swaps; turn += 1) await SWAPS[how](layout, releases[turn % 2]);
  const results = await Promise.all(readers.map(({ stop }) => stop()));
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  // A reader that always met the same release has met no swap.
  const blind = results
    .filter(({ seen }) => seen.includes(0))
    .map(() => 'a reader saw one of the two releases only');
  return {
    reads: sum('reads'),
    failed: sum('failures'),
    failures: [...results.flatMap(({ first }) => (first === null ? [] : [first])), ...blind],
  };
}

async function deploy(path, { layout, state }) {
  const engine = { name: 'none', describe: async () => ({ name: 'none', version: null, available: false }) };
  const { record } = await deployRelease(
    { kind: 'bundle', path },
    { ...DEFAULT_DEPLOY_OPTIONS, skipLoadTest: true },
    { layout, state, engine, clock: systemClock },
  );
  return record.deployment_id;
}

function startReader(target, digests) {
  const child = fork(READER, [target, ...digests]);
  const told = [];
  const closed = new Promise((resolve, reject) => {
    child.once('close', () =>
      told[0] === undefined ? reject(new Error('A reader died.')) : resolve(told[0]),
    );
  });
  closed.catch(() => {});
  const ready = new Promise((resolve, reject) => {
    child.on('message', (message) => (message === 'ready' ? resolve() : told.push(message)));
    child.once('close', () => reject(new Error('A reader died.')));
  });
  return {
    ready,
    stop: () => {
      child.send('stop');
      return closed;
    },
  };
}

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A folder with bundles, a state directory and a place for targets, and what must be true of a target whatever happened. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const load = (room) => import(new URL(`../../dist/${room}/index.js`, import.meta.url).href);
const { createBundle, openArtifact } = await load('bundle');
const { END_STATES, findDamage, readJournal, readStatus, resolveTarget, TRANSITIONS } = await load('deploy');
const { ggufBytes, sampleModel } = await load('gguf');
const { stateDirectory, systemClock } = await load('system');

/** About 80 kB. */
const SMALL = {
  blockCount: 1,
  embeddingLength: 64,
  headCount: 4,
  headCountKv: 2,
  feedForwardLength: 64,
  vocabularySize: 320,
};

export async function openWorkshop() {
  const folder = await mkdtemp(join(tmpdir(), 'milton-races-'));
  const stateDir = join(folder, 'state');
  const state = stateDirectory(stateDir);
  await mkdir(join(folder, 'srv'));
  return {
    folder,
    stateDir,
    state,
    target: (name) => join(folder, 'srv', name),
    /** A model of its own for each. */
    async bundle(version, seed) {
      const path = join(folder, `${version}.gguf`);
      await writeFile(path, await ggufBytes(sampleModel({ ...SMALL, seed })));
      const artifact = await openArtifact(path, { type: 'gguf' });
      const input = {
        artifact,
        version,
        run: null,
        candidate: null,
        registryEntry: null,
        clock: systemClock,
      };
      return (await createBundle({ ...input, outDir: join(folder, 'shelf') })).path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What is wrong with a target that nobody is at work on, in sentences; nothing, if nothing is. */
export async function findFaults(target, state) {
  const layout = await resolveTarget(target, state);
  const lines = await readJournal(layout.journalFile);
  const { live, occupant, unfinished } = await readStatus(layout);
  const faults = findJournalFaults(lines);
  if (unfinished !== null) faults.push(`${unfinished.transaction} was left ${unfinished.state}`);
  if (occupant.kind === 'foreign') faults.push(`the target is ${occupant.what}`);
  if (live !== null) {
    const { artifactSha256 = '', version = '' } = live.known ?? {};
    const damage = await findDamage(live.releasePath, { artifactSha256, version });
    if (damage.length > 0) faults.push(`${live.id} is live and damaged: ${JSON.stringify(damage)}`);
  }
  const hidden = (await readdir(layout.releasesDir)).filter((name) => name.startsWith('.'));
  const stray = (await readdir(dirname(target))).filter(
    (name) => name.startsWith(`.${basename(target)}.`) && name.endsWith('.tmp'),
  );
  return [...faults, ...[...hidden, ...stray].map((name) => `${name} was left behind`)];
}

/** One transaction after the other, each along the table, numbered without a gap. */
export function findJournalFaults(lines) {
  const faults = [];
  const seen = new Set();
  let last = null;
  for (const [index, { seq, transaction, state, kind }] of lines.entries()) {
    if (seq !== index + 1) faults.push(`line ${index + 1} of the journal has the number ${seq}`);
    // What retention takes away stands between two runs, and has states of its own.
    if (kind === 'prune') continue;
    if (last === null || END_STATES.includes(last.state)) {
      if (state !== 'planned') faults.push(`${transaction} begins ${state}`);
      if (seen.has(transaction)) faults.push(`${transaction} is there twice`);
      seen.add(transaction);
    } else if (transaction !== last.transaction) {
      faults.push(`${transaction} begins while ${last.transaction} is ${last.state}`);
    } else if (!followers(last.state).includes(state)) {
      faults.push(`${transaction} goes from ${last.state} to ${state}`);
    }
    last = { transaction, state };
  }
  return faults;
}

/** By the table, or by whoever settles a run that was killed. */
function followers(state) {
  const { ok, failed, crashed } = TRANSITIONS[state];
  const direct = [ok, failed, crashed];
  // Only an adoption sets something aside; all others pass over that state.
  return direct.includes('setting-aside') ? [...direct, TRANSITIONS['setting-aside'].ok] : direct;
}

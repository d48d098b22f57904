/**
 * Deployments and rollbacks in a process of its own, one after the other, each standing still wherever it was told to: not even a
 * timer runs until the next line comes. A line on standard input is a job, or the word to go on; a line on standard output says
 * where the job stands (`at STATE`) or what came of it (`end {…}`).
 */
import { readSync, writeSync } from 'node:fs';

const load = (room) => import(new URL(`../../dist/${room}/index.js`, import.meta.url).href);
const { DEFAULT_DEPLOY_OPTIONS, deployRelease, resolveTarget, rollBack } = await load('deploy');
const { stateDirectory, systemClock } = await load('system');

const STDIN = 0;
const STDOUT = 1;
const ROLLBACK = { to: null, now: 'test', loadTestTokens: 4, allowNetworkFs: false, retryBad: false };
const NO_ENGINE = {
  name: 'none',
  describe: async () => ({ name: 'none', version: null, available: false }),
  load: () => Promise.reject(new Error('Nothing is loaded here.')),
};

for (let line = readLine(); line !== null; line = readLine())
  say(`end ${JSON.stringify(await run(JSON.parse(line)))}`);

async function run({ kind, bundle, target, stateDir, holdAt, wait = 0 }) {
  const reached = new Set();
  const stop = (at) => {
    if (!holdAt.includes(at) || reached.has(at)) return;
    reached.add(at);
    say(`at ${at}`);
    readLine();
  };
  const state = stateDirectory(stateDir);
  const context = {
    layout: await resolveTarget(target, state),
    state,
    clock: systemClock,
    engine: NO_ENGINE,
    // Asked for when the first plan is made and the lock is taken next.
    get waitMs() {
      stop('before-lock');
      return wait;
    },
    onProgress: (event) => stop(event.kind === 'step' ? event.step : 'bytes'),
  };
  try {
    const options = { ...DEFAULT_DEPLOY_OPTIONS, skipLoadTest: true };
    const { state: end, record } =
      kind === 'rollback'
        ? await rollBack({ ...ROLLBACK, service: null }, context)
        : await deployRelease({ kind: 'bundle', path: bundle }, options, context);
    return { state: end, id: record.deployment_id };
  } catch (error) {
    const { code = null, exitCode = null, aftermath = null, message } = error;
    return { code, exitCode, aftermath, message };
  }
}

function say(line) {
  writeSync(STDOUT, `${line}\n`);
}

/** Null at the end of the input. */
function readLine() {
  const byte = Buffer.alloc(1);
  const bytes = [];
  while (readByte(byte)) {
    if (byte[0] === 0x0a) return Buffer.from(bytes).toString();
    bytes.push(byte[0]);
  }
  return null;
}

function readByte(byte) {
  for (;;) {
    try {
      return readSync(STDIN, byte, 0, 1, null) === 1;
    } catch (error) {
      // Node's pipes do not block; standing still is what this is for.
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

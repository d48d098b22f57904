/**
 * Gives changed inputs to every parser that reads foreign bytes, until the time is over. Only a refusal (a `Failure`) or a result is
 * right; anything else that is thrown, more than two seconds of processor time, or more memory than any parser needs is not. The
 * input is saved then, and the command printed that tries it again.
 *
 *     npm run fuzz -- [--seconds 60] [--seed N] [--target NAME] [--out DIR]
 *     npm run fuzz -- --target NAME --file PATH
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { mutate, numbers } from './mutate.mjs';
import { fuzzTargets } from './targets.mjs';

const MAX_CPU_MS = 2000;
const MAX_WALL_MS = 20_000;
const MAX_GROWTH_BYTES = 200 * 2 ** 20;

const { Failure } = await import(new URL('../../dist/core/index.js', import.meta.url).href);

/** The input of one turn: from seed, target and number alone. */
function inputOf(target, { name, seed, index }) {
  const random = numbers(`${seed}/${name}/${index}`);
  const make = target.make ?? mutate;
  return make(random.pick(target.seeds), random, random.pick(target.seeds));
}

/** What is wrong, in a sentence; null for a result or a refusal. */
async function judge(target, bytes) {
  const before = process.cpuUsage();
  const memoryBefore = process.memoryUsage();
  const used = (usage) => usage.heapUsed + usage.external;
  try {
    await target.run(bytes);
  } catch (error) {
    if (!(error instanceof Failure)) return `threw what is no failure: ${error?.stack ?? String(error)}`;
    if (error.exitCode === 70) return `failed as an internal error: ${error.stack}`;
    if (/[\p{Cc}\p{Cf}]/u.test(JSON.stringify(error.toReport())))
      return `printed a control character: ${JSON.stringify(error.toReport())}`;
  }
  const { user, system } = process.cpuUsage(before);
  if ((user + system) / 1000 > MAX_CPU_MS)
    return `took ${Math.round((user + system) / 1000)} ms of processor time`;
  const growth = used(process.memoryUsage()) - used(memoryBefore);
  return growth > MAX_GROWTH_BYTES ? `took ${Math.round(growth / 2 ** 20)} MiB of memory` : null;
}

async function work({ seconds, seed, only, turn }) {
  const targets = Object.entries(await fuzzTargets()).filter(([name]) => only === undefined || name === only);
  const counts = Object.fromEntries(targets.map(([name]) => [name, 0]));
  const end = performance.now() + seconds * 1000;
  for (let index = 0; performance.now() < end; index += 1) {
    for (const [number, [name, target]] of targets.entries()) {
      Atomics.store(turn, 0, number);
      Atomics.store(turn, 1, index);
      const problem = await judge(target, inputOf(target, { name, seed, index }));
      if (problem !== null) return { problem, name, index };
      counts[name] += 1;
    }
  }
  return { counts };
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      target: { type: 'string' },
      file: { type: 'string' },
      out: { type: 'string', default: 'fuzz-failures' },
    },
  });
  const { seed, target: only, out, file } = values;
  const targets = await fuzzTargets();
  if (only !== undefined && targets[only] === undefined)
    throw new Error(`No target ${only}. There are: ${Object.keys(targets).join(', ')}`);
  if (file !== undefined) {
    const problem = await judge(targets[only], readFileSync(file));
    print(problem ?? 'a result or a refusal, in time');
    process.exitCode = problem === null ? 0 : 1;
    return;
  }
  print(`seed ${seed}, ${values.seconds} s, ${only ?? Object.keys(targets).join(', ')}`);
  const turn = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { seconds: Number(values.seconds), seed, only, turn },
  });
  const result = await watch(worker, { turn, names: only === undefined ? Object.keys(targets) : [only] });
  if (result.counts !== undefined) {
    const total = Object.values(result.counts).reduce((sum, count) => sum + count, 0);
    print(`${total} inputs, nothing but results and refusals: ${JSON.stringify(result.counts)}`);
    return;
  }
  const { name, index, problem } = result;
  mkdirSync(out, { recursive: true });
  const path = join(out, `${name}-${seed}-${index}.bin`);
  writeFileSync(path, inputOf(targets[name], { name, seed, index }));
  print(
    `${name}, input ${index} of seed ${seed}: ${problem}\nTry it again with: npm run fuzz -- --target ${name} --file ${path}`,
  );
  process.exitCode = 1;
}

/** Ends a worker that stays at one input: a parser that never comes back cannot be judged from inside. */
async function watch(worker, { turn, names }) {
  let last = '';
  let since = performance.now();
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      const now = `${Atomics.load(turn, 0)}/${Atomics.load(turn, 1)}`;
      if (now !== last) [last, since] = [now, performance.now()];
      if (performance.now() - since < MAX_WALL_MS) return;
      clearInterval(timer);
      const [number, index] = now.split('/').map(Number);
      void worker
        .terminate()
        .then(() => resolve({ name: names[number], index, problem: `did not end within ${MAX_WALL_MS} ms` }));
    }, 500);
    const done = (settle) => (value) => {
      clearInterval(timer);
      settle(value);
    };
    worker.once('message', done(resolve));
    worker.once(
      'error',
      done((error) => {
        const [number, index] = [Atomics.load(turn, 0), Atomics.load(turn, 1)];
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
          resolve({ name: names[number], index, problem: 'ran out of memory' });
        else reject(error);
      }),
    );
  });
}

if (isMainThread) {
  await main();
} else {
  const { parentPort } = await import('node:worker_threads');
  const result = await work(workerData);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
  parentPort.postMessage(result);
}

/**
 * What looking costs: whole processes of the built command beside `node -e 0`, on ten small real bundles. Rounds are
 * interleaved, so that another load on the machine meets all of them. The question is which share is Node's own start.
 *
 *     npm run perf:look -- [--rounds 20] [--dist DIR] [--dir DIR] [--modules]
 *
 * With --modules it also lists how many files each command loads, by folder.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    dir: { type: 'string', default: tmpdir() },
    modules: { type: 'boolean', default: false },
  },
});

const BUNDLES = 10;
const MIN_ROUNDS = 15;
const milton = join(resolve(options.dist), 'cli', 'main.js');

const directory = await mkdtemp(join(options.dir, 'milton-perf-'));
try {
  await writeBundles(join(directory, 'bundles'));
  await measure(join(directory, 'bundles'));
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function measure(bundles) {
  const [first = ''] = await readdir(bundles);
  const commands = {
    'node -e 0': ['-e', '0'],
    'milton --version': [milton, '--version'],
    'milton --help': [milton, '--help'],
    'milton bundle inspect FILE': [milton, 'bundle', 'inspect', join(bundles, first)],
    [`milton bundle list (of ${BUNDLES})`]: [milton, 'bundle', 'list', '--dir', bundles],
  };
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  const loadBefore = loadavg()[0];
  // The first start of each reads its files from the disk; that is not what is asked here.
  for (const args of Object.values(commands)) timeNode(args);
  const rounds = Math.max(MIN_ROUNDS, Number(options.rounds));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, args] of Object.entries(commands)) times[name].push(timeNode(args));
  }
  console.log(
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`,
  );
  console.log(
    `${rounds} rounds, load average ${loadBefore.toFixed(2)} before, ${loadavg()[0].toFixed(2)} after\n`,
  );
  report(times);
  if (options.modules) await countModules(commands);
}

function report(times) {
  const [floor] = Object.values(times);
  console.log(`${''.padEnd(28)}  median  minimum   ratio of medians   of minimums`);
  for (const [name, list] of Object.entries(times)) {
    const cells = [
      name.padEnd(28),
      `${median(list).toFixed(0)} ms`.padStart(7),
      `${Math.min(...list).toFixed(0)} ms`.padStart(7),
      (median(list) / median(floor)).toFixed(2).padStart(17),
      (Math.min(...list) / Math.min(...floor)).toFixed(2).padStart(13),
    ];
    console.log(cells.join(' '));
  }
  console.log('\nwanted: inspect and list at most 2.00 of node -e 0');
}

function timeNode(args) {
  const start = performance.now();
  const { status, stderr, error } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`${args.join(' ')} failed: ${error?.message ?? stderr}`);
  return ms;
}

/** Each is a loaded module of its own: on a warm disk, the number of files is most of what a start costs. */
async function countModules(commands) {
  const report = `export async function load(url, context, next) { process._rawDebug('loads ' + url); return next(url, context); }`;
  const hook = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(report)}`)});`;
  const root = pathToFileURL(resolve(options.dist)).href;
  console.log('\nmodules loaded');
  for (const [name, args] of Object.entries(commands)) {
    if (args[0] !== milton) continue;
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
    const { stderr } = spawnSync(process.execPath, [...flags, ...args], { encoding: 'utf8' });
    const loaded = [...stderr.matchAll(/^loads (\S+)$/gm)].map(([, url = '']) => folderOf(url, root));
    const counts = loaded.reduce((all, folder) => all.set(folder, (all.get(folder) ?? 0) + 1), new Map());
    const list = [...counts].toSorted(([, a], [, b]) => b - a).map(([folder, count]) => `${folder} ${count}`);
    console.log(`${name.padEnd(28)}  ${String(loaded.length).padStart(3)}: ${list.join(', ')}`);
  }
}

function folderOf(url, root) {
  if (url.startsWith('node:')) return 'node';
  if (url.startsWith(root))
    return url
      .slice(root.length + 1)
      .split('/')
      .slice(0, -1)
      .join('/');
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? 'other';
}

async function writeBundles(outDir) {
  const load = (room) => import(pathToFileURL(join(resolve(options.dist), room, 'index.js')).href);
  const [{ createBundle, openArtifact }, { encodeGguf, sampleModel }, { fixedClock, writeFileAtomic }] =
    await Promise.all([load('bundle'), load('gguf'), load('system')]);
  const model = join(directory, 'model.gguf');
  const pieces = [];
  for await (const piece of encodeGguf(sampleModel())) pieces.push(piece);
  await writeFileAtomic(model, Buffer.concat(pieces));
  const artifact = await openArtifact(model, { type: 'gguf' });
  for (let number = 0; number < BUNDLES; number += 1) {
    await createBundle({
      artifact,
      version: `v${number}`,
      run: null,
      candidate: null,
      registryEntry: null,
      clock: fixedClock(new Date(Date.UTC(2026, 0, 11, 20, 28, number))),
      outDir,
    });
  }
}

function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

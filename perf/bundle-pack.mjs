/**
 * Packs 1 GiB of Q4_0-like weights and measures it against what it replaces (gzip -9 and two hashes) and against what no
 * packer can beat by much (openssl sha256, then cp, then fsync), all run beside it. Rounds are interleaved, so that another
 * load on the machine meets all of them.
 *
 *     npm run build && node perf/bundle-pack.mjs [--rounds 7] [--gzip-rounds 1] [--mib 1024] [--dist DIR] [--dir DIR]
 *
 * Times are of whole processes, start-up included. Memory is the highest VmHWM of the packing process, which starts no other.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    'gzip-rounds': { type: 'string', default: '1' },
    mib: { type: 'string', default: '1024' },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    dir: { type: 'string', default: tmpdir() },
    child: { type: 'string' },
    file: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
  },
});

const load = (room) => import(pathToFileURL(join(resolve(options.dist), room, 'index.js')).href);

await (options.child === undefined ? measure() : pack());

async function measure() {
  const directory = await mkdtemp(join(options.dir, 'milton-perf-'));
  try {
    const file = join(directory, 'model-q4_0.gguf');
    await writeModel(file, Number(options.mib) * 1024 * 1024);
    // Else the first round waits for this file to reach the disk.
    run('sync', [file]);
    const { size } = await stat(file);
    console.log(
      `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${gib(totalmem())} GiB, Node ${process.version}`,
    );
    console.log(`model ${(size / 2 ** 20).toFixed(0)} MiB, load average ${loadavg()[0].toFixed(2)}\n`);
    const jobs = {
      pack: () => runPack(directory, file),
      verify: () => runChild('verify', directory, file),
      floor: () => runFloor(directory, file),
      hash: () => run('openssl', ['dgst', '-sha256', file]),
      gzip: () => runGzip(directory, file),
    };
    const times = { pack: [], verify: [], floor: [], hash: [], gzip: [] };
    const peaks = { pack: [], verify: [] };
    for (let round = 0; round < Math.max(3, Number(options.rounds)); round += 1) {
      for (const [name, job] of Object.entries(jobs)) {
        if (name === 'gzip' && round >= Number(options['gzip-rounds'])) continue;
        const { ms, peakBytes } = await job();
        times[name].push(ms);
        if (peakBytes !== undefined) peaks[name].push(peakBytes);
        console.log(
          `round ${round + 1}  ${name.padEnd(7)} ${(ms / 1000).toFixed(2)} s  load ${loadavg()[0].toFixed(2)}`,
        );
      }
    }
    report({ times, peaks });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function report({ times, peaks }) {
  console.log('');
  for (const [name, list] of Object.entries(times)) {
    console.log(
      `${name.padEnd(7)} median ${seconds(median(list))}  minimum ${seconds(Math.min(...list))}  of ${list.length}`,
    );
  }
  const ratio = (a, b) => (median(times[a]) / median(times[b])).toFixed(2);
  console.log(
    `\npack   / (openssl sha256 + cp + fsync)   ${ratio('pack', 'floor')}   (tried for: at most 1.1)`,
  );
  console.log(
    `verify / openssl sha256                  ${ratio('verify', 'hash')}   (tried for: at most 1.3)`,
  );
  console.log(`(gzip -9 + two sha256sum) / pack         ${ratio('gzip', 'pack')}   (wanted: at least 15)`);
  console.log(
    `peak memory  pack ${mib(Math.max(...peaks.pack))} MiB, verify ${mib(Math.max(...peaks.verify))} MiB   (wanted: below 250 MB)`,
  );
}

/** The bundle of the last round, which `verify` reads. */
async function runPack(directory, file) {
  await rm(join(directory, 'out'), { recursive: true, force: true });
  return runChild('pack', directory, file);
}

function runChild(child, directory, file) {
  const args = ['--child', child, '--dist', options.dist, '--file', file, '--out', join(directory, 'out')];
  const { ms, stdout } = run(process.execPath, [fileURLToPath(import.meta.url), ...args]);
  return { ms, peakBytes: JSON.parse(stdout).peakBytes };
}

async function runFloor(directory, file) {
  const copy = join(directory, 'copy');
  const steps = [
    ['openssl', ['dgst', '-sha256', file]],
    ['cp', ['--reflink=never', file, copy]],
    ['sync', [copy]],
  ];
  const ms = steps.reduce((sum, [command, args]) => sum + run(command, args).ms, 0);
  await rm(copy);
  return { ms };
}

async function runGzip(directory, file) {
  const target = join(directory, 'model.gz');
  const { ms } = run('sh', ['-c', 'gzip -9 -c "$1" > "$2" && sha256sum "$1" "$1"', 'sh', file, target]);
  await rm(target);
  return { ms };
}

function run(command, args) {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`);
  return { ms, stdout };
}

/** In a process of its own. */
async function pack() {
  const [{ createBundle, listBundles, openArtifact, verifyBundle }, { systemClock, withFileSource }] =
    await Promise.all([load('bundle'), load('system')]);
  if (options.child === 'pack') {
    const artifact = await openArtifact(options.file, { type: 'gguf' });
    const input = {
      artifact,
      version: 'v1',
      run: null,
      candidate: null,
      registryEntry: null,
      clock: systemClock,
    };
    await createBundle({ ...input, outDir: options.out });
  } else {
    const [bundle] = await listBundles(options.out);
    await withFileSource(bundle.path, (source) => verifyBundle(source));
  }
  const status = await readFile('/proc/self/status', 'utf8');
  const peakBytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  console.log(JSON.stringify({ peakBytes }));
}

async function writeModel(path, sizeBytes) {
  const { largeSampleModel, encodeGguf } = await load('gguf');
  const file = createWriteStream(path);
  for await (const piece of encodeGguf(largeSampleModel({ sizeBytes }))) {
    if (!file.write(piece)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`;
}

function mib(bytes) {
  return (bytes / 2 ** 20).toFixed(0);
}

function gib(bytes) {
  return (bytes / 2 ** 30).toFixed(0);
}

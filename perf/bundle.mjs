/**
 * Packing, verifying and deploying 1 GiB, each beside what nobody can beat by much: openssl sha256 for reading, and openssl
 * sha256, then cp, then fsync for reading and writing. A GGUF and a directory of eight shards; then the memory of whole
 * process trees, also for a GGUF of 8 GiB (a sparse one), and once the proof that the GGUF is a model that loads.
 *
 *     npm run build && node perf/bundle.mjs [--rounds 7] [--mib 1024] [--sparse-gib 8] [--gzip-rounds 1]
 *                                           [--parts load,gguf,hf,memory,sparse,gzip] [--dist DIR] [--dir DIR]
 *
 * Times are of whole processes of the command, start-up included; the models are in the page cache. Memory is measured in
 * runs of its own, since looking takes time. Needs about 5 GiB of disk, and 25 with the sparse part.
 */
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { machineLine, measurePairs, printTable, run, seconds } from './bench.mjs';
import { writeGgufSample, writeHfSample, writeSparseGguf } from './samples.mjs';
import { peakMemory } from './tree-memory.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    mib: { type: 'string', default: '1024' },
    'sparse-gib': { type: 'string', default: '8' },
    'gzip-rounds': { type: 'string', default: '1' },
    parts: { type: 'string', default: 'load,gguf,hf,memory,sparse,gzip' },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    dir: { type: 'string', default: tmpdir() },
  },
});

const MIB = 2 ** 20;
const SHARDS = 8;
const MAX_PEAK_MIB = 150;
const dist = resolve(options.dist);
const sizeBytes = Number(options.mib) * MIB;
const parts = new Set(options.parts.split(','));
const gguf = await import(pathToFileURL(join(dist, 'gguf', 'index.js')).href);
const directory = await mkdtemp(join(resolve(options.dir), 'milton-perf-'));
const env = { ...process.env, MILTON_STATE_DIR: join(directory, 'state') };

try {
  console.log(`${machineLine()}\nload average at the start ${loadavg()[0].toFixed(2)}\n`);
  const ggufSample = await ggufModel('gguf', writeGgufSample, sizeBytes);
  if (parts.has('load')) await proveLoading(ggufSample);
  if (parts.has('gguf')) await measureTimes(ggufSample);
  if (parts.has('hf')) await measureTimes(await hfModel());
  const memory = [];
  if (parts.has('memory'))
    memory.push(...(await measureMemory(ggufSample, ['pack', 'verify', 'bundle', 'direct'])));
  if (parts.has('gzip')) await measureGzip(ggufSample);
  await rm(ggufSample.path);
  const sparseBytes = Number(options['sparse-gib']) * 1024 * MIB;
  if (parts.has('sparse') && sparseBytes > 0) {
    const sparse = await ggufModel('sparse', writeSparseGguf, sparseBytes);
    memory.push(...(await measureMemory(sparse, ['pack', 'verify', 'bundle', 'direct'])));
  }
  if (memory.length > 0) printTable(['peak memory of the process tree', '', 'processes', 'wanted'], memory);
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** A model on disk: what the command calls it, and its files. */
async function ggufModel(name, write, bytes) {
  const path = join(directory, `${name}.gguf`);
  await write(path, { gguf, sizeBytes: bytes });
  run('sync', [path]);
  const title = `GGUF of ${((await stat(path)).size / MIB).toFixed(0)} MiB${name === 'sparse' ? ', sparse' : ''}`;
  return { title, path, files: [path], type: 'gguf', register: '--gguf' };
}

async function hfModel() {
  const path = join(directory, 'hf');
  await writeHfSample(path, { shards: SHARDS, shardBytes: sizeBytes / SHARDS });
  const files = (await readdir(path)).map((name) => join(path, name));
  run('sync', files);
  const title = `hf-distilled directory of ${SHARDS} shards of ${sizeBytes / SHARDS / MIB} MiB`;
  return { title, path, files, type: 'hf-distilled', register: '--hf' };
}

/** Every job of the command on one model, each as the arguments of `milton`. */
async function prepareJobs({ path, type, register }) {
  const work = await mkdtemp(join(directory, 'work-'));
  await mkdir(join(work, 'kept'));
  await mkdir(join(work, 'targets'));
  const pack = (out) => [
    'bundle',
    'create',
    '--model',
    path,
    '--version',
    'v1',
    '--artifact',
    type,
    '--out',
    out,
  ];
  run(process.execPath, milton(pack(join(work, 'kept'))), { env });
  run(process.execPath, milton(['models', 'register', 'v1', register, path]), { env });
  const [bundleName] = await readdir(join(work, 'kept'));
  const bundle = join(work, 'kept', bundleName);
  const onto = (target, from) => ['deploy', ...from, '--skip-load-test', '--target-path', target];
  const registered = ['v1', '--no-bundle', '--no-activate', '--artifact', type];
  let no = 0;
  return {
    work,
    jobs: {
      pack: () => pack(join(work, `out-${(no += 1)}`)),
      verify: () => ['bundle', 'verify', bundle],
      bundle: () => onto(join(work, 'targets', `new-${(no += 1)}`), ['--bundle', bundle]),
      direct: () => onto(join(work, 'targets', `new-${(no += 1)}`), registered),
      again: () => onto(join(work, 'targets', 'kept'), ['--bundle', bundle]),
    },
    /** Removes what the last job wrote. */
    async clean() {
      for (const name of await readdir(work)) {
        if (name.startsWith('out-')) await rm(join(work, name), { recursive: true });
      }
      for (const name of await readdir(join(work, 'targets'))) {
        if (/new-/.test(name)) await rm(join(work, 'targets', name), { recursive: true, force: true });
      }
    },
  };
}

async function measureTimes(model) {
  console.log(model.title);
  const { work, jobs, clean } = await prepareJobs(model);
  const time = async (job) => {
    const { ms } = run(process.execPath, milton(job()), { env });
    await clean();
    return ms;
  };
  const hash = () => run('openssl', ['dgst', '-sha256', ...model.files]).ms;
  const hashAndCopy = () => floorOfCopying(model, work);
  const reading = { floorName: 'sha256', floor: hash };
  const writing = { floorName: 'sha256 + cp + fsync', floor: hashAndCopy };
  await time(jobs.again);
  await measurePairs(
    [
      { name: 'bundle create', run: () => time(jobs.pack), ...writing, most: 1.1 },
      { name: 'bundle verify', run: () => time(jobs.verify), ...reading, most: 1.3 },
      { name: 'deploy --bundle', run: () => time(jobs.bundle), ...writing, most: 1.2 },
      { name: 'deploy --no-bundle', run: () => time(jobs.direct), ...writing, most: 1.2 },
      { name: 'deploy what is live', run: () => time(jobs.again), ...reading, most: null },
    ],
    { rounds: Math.max(3, Number(options.rounds)) },
  );
  await rm(work, { recursive: true });
}

async function floorOfCopying({ files }, work) {
  const copies = join(work, 'copies');
  await mkdir(copies);
  const steps = [
    ['openssl', ['dgst', '-sha256', ...files]],
    ['cp', ['--reflink=never', ...files, copies]],
    ['sync', files.map((file) => join(copies, basename(file)))],
  ];
  const ms = steps.reduce((sum, [command, args]) => sum + run(command, args).ms, 0);
  await rm(copies, { recursive: true });
  return ms;
}

async function measureMemory(model, names) {
  const { work, jobs, clean } = await prepareJobs(model);
  const rows = [];
  const titles = {
    pack: 'bundle create',
    verify: 'bundle verify',
    bundle: 'deploy --bundle',
    direct: 'deploy --no-bundle',
  };
  for (const name of names) {
    const { peakBytes, processes } = await peakMemory(process.execPath, milton(jobs[name]()), { env });
    await clean();
    const peakMib = peakBytes / MIB;
    const verdict = `≤ ${MAX_PEAK_MIB} MiB${peakMib <= MAX_PEAK_MIB ? '' : '  MISSED'}`;
    rows.push([`${titles[name]}, ${model.title}`, `${peakMib.toFixed(0)} MiB`, String(processes), verdict]);
  }
  await rm(work, { recursive: true });
  return rows;
}

/** A full deployment, load test included: what is measured here is a model, not a heap of bytes. */
async function proveLoading(model) {
  const { work } = await prepareJobs(model);
  const target = join(work, 'targets', 'loaded');
  try {
    const { ms, stdout } = run(
      process.execPath,
      milton(['deploy', 'v1', '--no-bundle', '--no-activate', '--target-path', target, '--json']),
      { env },
    );
    const { load_test: test } = JSON.parse(stdout);
    console.log(
      `The GGUF loads: ${test.tokens} tokens by ${test.engine} ${test.engine_version}, deployed in ${seconds(ms)}\n`,
    );
  } catch (error) {
    if (!String(error).includes('ENGINE_NOT_INSTALLED')) throw error;
    console.log('Whether the GGUF loads was not tried: node-llama-cpp is not installed.\n');
  }
  await rm(work, { recursive: true });
}

/** How these bundles were made before: compressed, and hashed twice. */
async function measureGzip({ path }) {
  const target = join(directory, 'model.gz');
  for (let round = 0; round < Number(options['gzip-rounds']); round += 1) {
    const { ms } = run('sh', ['-c', 'gzip -9 -c "$1" > "$2" && sha256sum "$1" "$1"', 'sh', path, target]);
    await rm(target);
    console.log(`gzip -9, then two sha256sum: ${seconds(ms)}`);
  }
  console.log('');
}

function milton(args) {
  return [join(dist, 'cli', 'main.js'), ...args];
}

/**
 * Converting and quantizing at real dimensions, each beside what nobody can beat by much: converting beside `cp` and fsync of
 * the same bytes, quantizing beside the bare call of llama.cpp's library and fsync of what it made. Then the memory of
 * converting, also for 8 GiB (a sparse directory with the dimensions of Llama 3).
 *
 *     npm run perf:quantize -- [--rounds 5] [--mib 1024] [--sparse-gib 8] [--types Q4_0,Q8_0,Q4_K_M]
 *                              [--parts convert,quantize,memory,sparse] [--threads 2] [--dist DIR] [--dir DIR]
 *
 * Times are of whole processes, start-up included; what is read is in the page cache. Memory is measured in runs of its own.
 * Needs about 4 GiB of disk, and 10 with the sparse part.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { machineLine, measurePairs, printTable, run } from './bench.mjs';
import { LARGE_LLAMA, SMALL_LLAMA, writeLlamaSample } from './llama-sample.mjs';
import { peakMemory } from './tree-memory.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    mib: { type: 'string', default: '1024' },
    'sparse-gib': { type: 'string', default: '8' },
    types: { type: 'string', default: 'Q4_0,Q8_0,Q4_K_M' },
    parts: { type: 'string', default: 'convert,quantize,memory,sparse' },
    threads: { type: 'string', default: String(availableParallelism()) },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    dir: { type: 'string', default: tmpdir() },
  },
});

const MIB = 2 ** 20;
const MAX_PEAK_BYTES = 400e6;
/** The priority of contained processes: on a busy machine it decides, and the library is to have the same. */
const CONTAINED_NICE = 10;
const STEP = fileURLToPath(new URL('./quantize-step.mjs', import.meta.url));
const parts = new Set(options.parts.split(','));
const dist = resolve(options.dist);
const rounds = Math.max(3, Number(options.rounds));
const directory = await mkdtemp(join(resolve(options.dir), 'milton-perf-'));

try {
  console.log(`${machineLine()}\nload average at the start ${loadavg()[0].toFixed(2)}\n`);
  const sample = await hfSample('hf', SMALL_LLAMA, Number(options.mib) * MIB);
  if (parts.has('convert')) await measureConverting(sample);
  if (parts.has('quantize')) await measureQuantizing(sample);
  const memory = [];
  if (parts.has('memory')) memory.push(await measureMemory(sample));
  if (parts.has('sparse')) {
    const sizeBytes = Number(options['sparse-gib']) * 1024 * MIB;
    memory.push(await measureMemory(await hfSample('sparse', LARGE_LLAMA, sizeBytes, true)));
  }
  if (memory.length > 0) printTable(['peak memory of the process tree', '', 'processes', 'wanted'], memory);
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function hfSample(name, shape, sizeBytes, sparse = false) {
  const path = join(directory, name);
  const bytes = await writeLlamaSample(path, { shape, sizeBytes, sparse });
  const files = (await readdir(path)).map((file) => join(path, file));
  run('sync', files);
  return { path, files, title: `${(bytes / MIB).toFixed(0)} MiB of BF16${sparse ? ', sparse' : ''}` };
}

async function measureConverting({ path, files, title }) {
  console.log(title);
  const out = join(directory, 'converted.gguf');
  const weights = files.filter((file) => file.endsWith('.safetensors'));
  await measurePairs(
    [
      {
        name: 'convert',
        run: () => timed(out, () => step('convert', path, out)),
        floor: () => timed(out, () => copy(weights, out)),
        floorName: 'cp + fsync',
        most: 1.5,
      },
    ],
    { rounds },
  );
}

async function measureQuantizing({ path }) {
  const source = join(directory, 'source.gguf');
  run(...step('convert', path, source));
  const { QUANTIZATION_TYPES } = await room('quantize');
  const { findLlamaCppLibrary } = await room('engine');
  const library = await findLlamaCppLibrary();
  if (library === null) throw new Error('node-llama-cpp is not installed');
  const out = join(directory, 'quantized.gguf');
  const jobs = options.types.split(',').map((type) => ({
    name: `quantize to ${type}`,
    run: () => timed(out, () => step('quantize', source, out, type, options.threads)),
    floor: () =>
      timed(out, () => {
        const { fileType } = QUANTIZATION_TYPES[type];
        const [node, args] = step('library', source, out, library.path, String(fileType), options.threads);
        return ['nice', ['-n', String(CONTAINED_NICE), node, ...args]];
      }),
    floorName: `library, ${type} + fsync`,
    most: 1.1,
  }));
  await measurePairs(jobs, { rounds });
  await rm(source);
}

async function measureMemory({ path, title }) {
  const out = join(directory, 'converted.gguf');
  const { peakBytes, processes } = await peakMemory(...step('convert', path, out));
  await rm(out);
  const verdict = `≤ ${MAX_PEAK_BYTES / 1e6} MB${peakBytes <= MAX_PEAK_BYTES ? '' : '  MISSED'}`;
  return [`convert ${title}`, `${(peakBytes / 1e6).toFixed(0)} MB`, String(processes), verdict];
}

/** Of a command that makes a file, which is on the disk when it ends, and gone afterwards. */
async function timed(out, commandOf) {
  const { ms } = run(...commandOf());
  const { ms: syncMs } = run('sync', [out]);
  await rm(out);
  return ms + syncMs;
}

function copy(files, out) {
  if (files.length === 1) return ['cp', ['--reflink=never', files[0], out]];
  return ['sh', ['-c', 'out=$1; shift; cat "$@" > "$out"', 'sh', out, ...files]];
}

function step(...args) {
  return [process.execPath, [STEP, dist, ...args]];
}

function room(name) {
  return import(pathToFileURL(join(dist, name, 'index.js')).href);
}

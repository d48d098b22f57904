/**
 * Whether the numbers of `milton bench` can be believed: run it on a machine that has nothing else to do.
 *
 *     npm run perf:bench -- [--repeats N] [--large-mb N] [--parts repeats,busy,large] [--dir DIR]
 *
 * repeats: pairs of runs on quantizations of the sample model. Their qualities must be equal, `milton bench compare` must call
 *   their speeds noise in nine of ten pairs, and both must lead to the same choice.
 * busy: a run with a busy loop beside it must say that it is noisy, of every model.
 * large: on a model of real size, tokens per second by the clock and by llama.cpp itself must agree within 10 %.
 *
 * Ends with 1 where anything is missed. About 20 minutes on two cores; the parts can be run one by one.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machineLine, printTable, run, seconds } from './bench.mjs';
import { writeGgufSample } from './samples.mjs';

const { values: options } = parseArgs({
  options: {
    repeats: { type: 'string', default: '10' },
    'large-mb': { type: 'string', default: '240' },
    types: { type: 'string', default: 'Q4_0,Q8_0' },
    parts: { type: 'string', default: 'repeats,busy,large' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const repository = fileURLToPath(new URL('..', import.meta.url));
const parts = options.parts.split(',');
const folder = await mkdtemp(join(resolve(options.dir), 'milton-perf-bench-'));
const env = { ...process.env, MILTON_STATE_DIR: join(folder, 'state'), NO_COLOR: '1' };
const missed = [];

try {
  console.log(`${machineLine()}\nload average at the start ${loadavg()[0].toFixed(2)}\n`);
  if (parts.includes('repeats') || parts.includes('busy')) registerSamples();
  if (parts.includes('repeats')) await measureRepeats(Number(options.repeats));
  if (parts.includes('busy')) await measureBusy();
  if (parts.includes('large')) await measureLarge(Number(options['large-mb']) * 1e6);
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(missed.length === 0 ? 'Nothing was missed.' : `MISSED: ${missed.join('; ')}`);
process.exitCode = missed.length === 0 ? 0 : 1;

/** The document of one command, and how long it took. */
function milton(...args) {
  const { ms, stdout } = run(process.execPath, [join(repository, 'dist/cli/main.js'), ...args, '--json'], {
    env,
  });
  return { ms, json: JSON.parse(stdout) };
}

/** One run, each model measured anew. */
async function bench(...args) {
  const { ms, json } = milton('bench', '--again', '--quiet', ...args);
  return { ms, path: json.run, id: json.run_id, run: JSON.parse(await readFile(json.run, 'utf8')) };
}

function registerSamples() {
  milton('models', 'register', 'v1', '--hf', join(repository, 'samples/milton-sample-2m'));
  milton('quantize', 'v1', '--type', options.types);
}

async function measureRepeats(repeats) {
  const rows = [];
  const counts = { quality: 0, speed: 0, choice: 0 };
  let last = null;
  for (let no = 1; no <= repeats; no += 1) {
    const [a, b] = [await bench(), await bench()];
    const { json } = milton('bench', 'compare', a.path, b.path);
    const isEqual = sameQuality(a.run, b.run);
    const isChosen = json.chosen.a !== null && json.chosen.a === json.chosen.b;
    counts.quality += isEqual ? 1 : 0;
    counts.speed += json.speed === 'noise' ? 1 : 0;
    counts.choice += isChosen ? 1 : 0;
    rows.push([
      String(no),
      `${seconds(a.ms)}, ${seconds(b.ms)}`,
      isEqual ? 'equal' : 'DIFFERENT',
      json.speed,
      largestChange(json),
      isChosen ? json.chosen.a : `${json.chosen.a} / ${json.chosen.b}`,
      [a, b].map(({ run: one }) => noisyModels(one).length).join(' + '),
      loadavg()[0].toFixed(2),
    ]);
    console.error(`repeat ${no} of ${repeats}: ${rows.at(-1).slice(2).join(', ')}`);
    last = b.run;
  }
  printTable(['', 'two runs', 'quality', 'speed', 'largest change', 'chosen', 'noisy', 'load'], rows);
  expect('equal qualities', counts.quality, repeats, repeats);
  expect('speeds that differ by noise', counts.speed, Math.ceil(repeats * 0.9), repeats);
  expect('the same choice', counts.choice, repeats, repeats);
  if (last !== null) printDifferences('of the sample model', last);
}

/** One processor is kept busy by somebody else. */
async function measureBusy() {
  const loop = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  try {
    const { run: one } = await bench();
    const noisy = noisyModels(one);
    for (const { version, conditions } of noisy)
      console.log(`${version}: ${conditions.noisy_because.join('; ')}`);
    expect(
      'models measured beside a busy loop that say so',
      noisy.length,
      one.candidates.length,
      one.candidates.length,
    );
  } finally {
    loop.kill('SIGKILL');
  }
}

async function measureLarge(sizeBytes) {
  const gguf = await import(new URL('../dist/gguf/index.js', import.meta.url));
  const path = join(folder, 'large.gguf');
  await writeGgufSample(path, { gguf, sizeBytes });
  milton('models', 'register', 'large', '--gguf', path);
  const { run: one } = await bench('--version', 'large', '--suite', await writeSuite());
  const [{ artifact, metrics }] = one.candidates;
  const rate = metrics.tokens_per_sec;
  const [own, wall] = [rate.metadata.summary.median, rate.metadata.wall_clock.median];
  const share = Math.abs(wall / own - 1);
  printTable(
    ['bytes', 'by llama.cpp', 'by the clock', 'apart', 'for a token', 'time to first token', 'peak RAM'],
    [
      [
        String(artifact.size_bytes),
        `${own.toFixed(2)} tok/s`,
        `${wall.toFixed(2)} tok/s`,
        `${(share * 100).toFixed(2)} %`,
        `${rate.metadata.difference_per_token_us.toFixed(0)} µs`,
        `${metrics.latency_ms.value.toFixed(0)} ms`,
        `${metrics.peak_ram_mb.value.toFixed(0)} MB`,
      ],
    ],
  );
  if (artifact.size_bytes < 200e6) missed.push('the large model has less than 200 MB');
  if (rate.metadata.source !== 'llama.cpp') missed.push('llama.cpp stated no time of its own');
  if (share > 0.1) missed.push('the two rates of the large model are more than 10 % apart');
  console.log('');
}

/** Speed is what is looked at: of all else only what a suite must have. */
async function writeSuite() {
  const suite = join(folder, 'suite');
  await mkdir(suite);
  const prompts = ['bota beda bija', 'how long is the way home'].map((prompt, no) => ({
    id: `p${no}`,
    prompt,
    max_tokens: 32,
  }));
  const question = {
    id: 'c',
    category: 'facts',
    question: 'Is it?',
    draft: 'no',
    draft_is_right: false,
    accepted: ['yes'],
  };
  const documents = ['one', 'two'].map((text) => ({ id: text, text }));
  const queries = [{ id: 'q', query: 'one', relevant: ['one'] }];
  const files = { speed: { prompts }, cove: { cases: [question] }, retrieval: { documents, queries } };
  for (const [name, value] of Object.entries(files)) {
    await writeFile(join(suite, `${name}.json`), JSON.stringify(value));
  }
  return suite;
}

/** Scores, and what was answered: a model at temperature 0 says the same twice. */
function sameQuality(a, b) {
  const qualities = ({ candidates }) =>
    JSON.stringify(
      candidates.map(({ version, metrics: { cove_pass_rate: cove, retrieval_score: retrieval } }) => [
        version,
        cove.value,
        cove.metadata.cases,
        retrieval.value,
        retrieval.metadata.queries,
      ]),
    );
  return qualities(a) === qualities(b);
}

function noisyModels({ candidates }) {
  return candidates.filter(({ conditions }) => conditions?.noisy === true);
}

function largestChange({ candidates }) {
  const changes = candidates.flatMap(({ version, metrics }) =>
    ['latency_ms', 'tokens_per_sec'].map((name) => ({ version, name, change: metrics[name].change ?? 0 })),
  );
  const [first] = changes.toSorted((a, b) => Math.abs(b.change) - Math.abs(a.change));
  return `${first.change.toFixed(1)} % (${first.name} of ${first.version})`;
}

/** What lies between llama.cpp's own time and the clock: much of a tiny model, nothing of a large one. */
function printDifferences(what, { candidates }) {
  console.log(`\nBetween two tokens ${what}, beside their evaluation:`);
  for (const { version, metrics } of candidates) {
    const { value, metadata } = metrics.tokens_per_sec;
    const wall = metadata.wall_clock?.median ?? NaN;
    const apart = metadata.difference_per_token_us;
    console.log(
      `  ${version}: ${apart?.toFixed(0)} µs (${value.toFixed(0)} tok/s by llama.cpp, ${wall.toFixed(0)} by the clock)`,
    );
  }
  console.log('');
}

function expect(what, count, least, of) {
  console.log(`${what}: ${count} of ${of}, wanted ${least}${count >= least ? '' : '  MISSED'}`);
  if (count < least) missed.push(`${what}: ${count} of ${of}`);
}

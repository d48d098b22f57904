/**
 * What a signature costs: packing and verifying with one beside the same without, in interleaved pairs of whole processes.
 * For a model of 1 GiB, and for one so small that the start of the process is nearly all there is.
 *
 *     npm run build && node perf/sign.mjs [--rounds 9] [--mib 1024] [--small-rounds 25] [--processor] [--dist DIR] [--dir DIR]
 *
 * With --processor the times are those of the processors (user and system, all threads), which another load on the machine
 * changes far less than the time on the clock. Needs about 4 GiB of disk.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { machineLine, measurePairs, run } from './bench.mjs';
import { writeGgufSample } from './samples.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    mib: { type: 'string', default: '1024' },
    'small-rounds': { type: 'string', default: '25' },
    processor: { type: 'boolean', default: false },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    dir: { type: 'string', default: tmpdir() },
  },
});

const dist = resolve(options.dist);
const gguf = await import(pathToFileURL(join(dist, 'gguf', 'index.js')).href);
const directory = await mkdtemp(join(resolve(options.dir), 'milton-perf-sign-'));
const env = { ...process.env, MILTON_STATE_DIR: join(directory, 'state') };

try {
  console.log(
    `${machineLine()}\nload average at the start ${loadavg()[0].toFixed(2)}${options.processor ? ', processor time' : ''}\n`,
  );
  milton('keys', 'generate', 'release');
  await measure('large', Number(options.mib) * 2 ** 20, { rounds: Number(options.rounds), most: 1.05 });
  // Wanted of packing as a whole; here it is shown what loading the room and signing take by themselves.
  await measure('small', 2 ** 20, { rounds: Number(options['small-rounds']), most: null });
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function measure(name, sizeBytes, { rounds, most }) {
  const path = join(directory, `${name}.gguf`);
  await writeGgufSample(path, { gguf, sizeBytes });
  run('sync', [path]);
  const create = ['bundle', 'create', '--model', path, '--version', 'v1', '--line', 'base'];
  const sign = ['--sign', 'release'];
  const timePack = async (...flags) => {
    const out = join(directory, 'out');
    const ms = milton(...create, '--out', out, ...flags);
    await rm(out, { recursive: true });
    return ms;
  };
  const [plain, signed] = [await keep('plain'), await keep('signed', ...sign)];
  console.log(`${name}: ${(sizeBytes / 2 ** 20).toFixed(0)} MiB`);
  await measurePairs(
    [
      {
        name: 'bundle create --sign',
        run: () => timePack(...sign),
        floorName: 'bundle create',
        floor: () => timePack(),
        most,
      },
      {
        name: 'bundle verify --key',
        run: async () => milton('bundle', 'verify', signed, '--key', 'release'),
        floorName: 'bundle verify',
        floor: async () => milton('bundle', 'verify', plain),
        most: null,
      },
    ],
    { rounds },
  );
  for (const file of [path, plain, signed]) await rm(file);

  async function keep(folder, ...flags) {
    const out = join(directory, name, folder);
    milton(...create, '--out', out, ...flags);
    const [file] = await readdir(out);
    return join(out, file);
  }
}

function milton(...args) {
  const command = [process.execPath, join(dist, 'cli', 'main.js'), ...args];
  if (!options.processor) return run(command[0], command.slice(1), { env }).ms;
  const { stdout } = run('sh', ['-c', '"$@" > /dev/null || exit; times', 'sh', ...command], { env });
  // POSIX `times`: the second line is that of the children, user and system.
  const [, children = ''] = stdout.split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, min, s]) => sum + (min * 60 + Number(s)) * 1000,
    0,
  );
}

/** One job in a process of its own: `node quantize-step.mjs DIST convert|quantize|library …`. */
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [dist, job, ...args] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(dist, path)).href);

const jobs = {
  async convert(path, outPath) {
    const { convertHf } = await load('quantize/index.js');
    await convertHf(path, { outPath });
  },
  async quantize(path, outPath, type, threads) {
    const { quantizeGguf } = await load('quantize/index.js');
    await quantizeGguf(path, { type, outPath, threads: Number(threads) });
  },
  /** The call and nothing else. */
  async library(inputPath, outputPath, libraryPath, fileType, threads) {
    const { openQuantizer } = await load('quantize/llama-quantizer.js');
    const quantizer = openQuantizer(libraryPath, () => undefined);
    const order = {
      inputPath,
      outputPath,
      fileType: Number(fileType),
      threads: Number(threads),
      dryRun: false,
    };
    const code = quantizer.quantize(order);
    if (code !== 0) throw new Error(`the library returned ${code}`);
  },
};
await jobs[job](...args);

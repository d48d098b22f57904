/**
 * What each quantization costs a model: perplexity on a text, beside that of the same model in F16.
 *
 *     npm run perplexity -- --model DIR|FLOAT.gguf --text FILE [--types Q8_0,Q4_K_M,Q4_0] [--window TOKENS] [--threads N] [--json]
 *
 * The ratio to F16 is taken token by token, which is far surer than the two perplexities are by themselves; behind each ± is
 * one standard error. Windows as `llama-perplexity` has them; figures of another window, text or tokenizer are other figures.
 */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { printTable } from './bench.mjs';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    text: { type: 'string' },
    types: { type: 'string', default: 'F32,F16,BF16,Q8_0,Q6_K,Q5_K_M,Q5_0,Q4_K_M,IQ4_XS,Q4_0,Q3_K_M,Q2_K' },
    window: { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'boolean', default: false },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    dir: { type: 'string', default: tmpdir() },
  },
});
if (options.model === undefined || options.text === undefined) {
  console.error('Give a model and a text: npm run perplexity -- --model DIR --text FILE');
  process.exit(2);
}

const room = (name) => import(pathToFileURL(join(resolve(options.dist), name, 'index.js')).href);
const { convertHf, quantizeGguf, quantizationTypeOf } = await room('quantize');
const { loadLlamaCppEngine, measurePerplexity, perplexityRatio } = await room('engine');
const types = [...new Set(['F16', ...options.types.split(',').map(knownType)])];
const text = await readFile(options.text, 'utf8');
const threads = options.threads === undefined ? {} : { threads: Number(options.threads) };
const folder = await mkdtemp(join(resolve(options.dir), 'milton-perplexity-'));

try {
  const { path: source, parameterCount } = await floatModel(resolve(options.model));
  const engine = await loadLlamaCppEngine();
  const measured = new Map();
  for (const type of types) measured.set(type, await measure(engine, source, type));
  report(measured, parameterCount);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function knownType(name) {
  const type = quantizationTypeOf(name);
  if (type !== null) return type;
  console.error(`${name} is no type to quantize to.`);
  process.exit(2);
}

async function floatModel(path) {
  if ((await stat(path)).isFile()) return { path, parameterCount: null };
  return convertHf(path, { outPath: join(folder, 'float.gguf') });
}

async function measure(engine, source, type) {
  const path = join(folder, `${type}.gguf`);
  const { sizeBytes } = await quantizeGguf(source, { type, outPath: path, ...threads });
  const limits = { memoryBytes: 2 * sizeBytes + 2e9, wallMs: 600_000 };
  const model = await engine.load({ path, limits, ...threads });
  try {
    const windowTokens = options.window === undefined ? {} : { windowTokens: Number(options.window) };
    const perplexity = await measurePerplexity(model, text, {
      ...windowTokens,
      onProgress: ({ item }) => tell(`${type}: window ${item.no} of ${item.count}`),
    });
    return { sizeBytes, perplexity };
  } finally {
    await model.close();
    await rm(path);
    tell('');
  }
}

function report(measured, parameterCount) {
  const { perplexity: reference } = measured.get('F16');
  const rows = [...measured].map(([type, { sizeBytes, perplexity }]) => {
    const ratio = perplexityRatio(perplexity, reference);
    return {
      type,
      size_bytes: sizeBytes,
      bits_per_weight: parameterCount === null ? null : (sizeBytes * 8) / parameterCount,
      perplexity: perplexity.perplexity,
      standard_error: perplexity.standardError,
      ratio_to_f16: ratio.ratio,
      ratio_standard_error: ratio.standardError,
    };
  });
  const { windowCount, windowTokens, negativeLogLikelihoods } = reference;
  const tokens = negativeLogLikelihoods.length;
  if (options.json) {
    console.log(JSON.stringify({ window_tokens: windowTokens, scored_tokens: tokens, types: rows }, null, 2));
    return;
  }
  printTable(
    ['type', 'size', 'bits a weight', 'perplexity', 'of F16'],
    rows.map((row) => [
      row.type,
      `${(row.size_bytes / 1e6).toFixed(2)} MB`,
      row.bits_per_weight === null ? '' : row.bits_per_weight.toFixed(2),
      `${row.perplexity.toFixed(4)} ± ${row.standard_error.toFixed(4)}`,
      `${row.ratio_to_f16.toFixed(4)} ± ${row.ratio_standard_error.toFixed(4)}`,
    ]),
  );
  console.log(`\n${windowCount} windows of ${windowTokens} tokens, ${tokens} of them scored`);
}

/** In place, where somebody watches. */
function tell(line) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}

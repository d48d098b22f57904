/** Models of real size to measure with: a GGUF that loads, a sparse one, and a directory of safetensors shards. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A llama GGUF with real dimensions and Q4_0 blocks that do not compress. */
export async function writeGgufSample(path, { gguf, sizeBytes }) {
  const file = createWriteStream(path);
  for await (const piece of gguf.encodeGguf(gguf.largeSampleModel({ sizeBytes }))) {
    if (!file.write(piece)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

/** The same kind of model with zeros for weights, which take no room on the disk. */
export async function writeSparseGguf(path, { gguf, sizeBytes }) {
  const model = gguf.largeSampleModel({ sizeBytes });
  const handle = await open(path, 'w');
  try {
    // The header comes first, whole.
    for await (const header of gguf.encodeGguf(model)) {
      await handle.write(header);
      break;
    }
    await handle.truncate(gguf.ggufSizeBytes(model));
  } finally {
    await handle.close();
  }
}

/** An `hf-distilled` directory: one F16 tensor a shard, an index, a config and a tokenizer. */
export async function writeHfSample(directory, { shards, shardBytes }) {
  await mkdir(directory);
  const pool = randomHalves(8 * 1024 * 1024);
  const weightMap = {};
  for (let no = 1; no <= shards; no += 1) {
    const name = `model-${pad(no)}-of-${pad(shards)}.safetensors`;
    const tensor = `model.layers.${no - 1}.mlp.up_proj.weight`;
    weightMap[tensor] = name;
    await writeShard(join(directory, name), { tensor, dataBytes: shardBytes, pool, shift: no * 4096 });
  }
  const write = (name, value) => writeFile(join(directory, name), JSON.stringify(value));
  await write('model.safetensors.index.json', {
    metadata: { total_size: shards * shardBytes },
    weight_map: weightMap,
  });
  await write('config.json', { model_type: 'llama', architectures: ['LlamaForCausalLM'] });
  await write('tokenizer.json', { version: '1.0', model: { type: 'BPE', vocab: {}, merges: [] } });
}

async function writeShard(path, { tensor, dataBytes, pool, shift }) {
  const header = Buffer.from(
    JSON.stringify({
      [tensor]: { dtype: 'F16', shape: [dataBytes / 2048, 1024], data_offsets: [0, dataBytes] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const handle = await open(path, 'wx');
  try {
    await handle.writev([length, header]);
    for (let done = 0; done < dataBytes;) {
      const piece = pool.subarray(shift, shift + Math.min(pool.length - shift, dataBytes - done));
      await handle.writev([piece]);
      done += piece.length;
    }
  } finally {
    await handle.close();
  }
}

/** Small finite F16 numbers, always the same ones: the exponent of about 2⁻⁷, random signs and fractions. */
function randomHalves(sizeBytes) {
  const pool = new Uint16Array(sizeBytes / 2);
  let state = 1;
  for (let at = 0; at < pool.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const bits = state >>> 16;
    pool[at] = (bits & 0x83ff) | 0x2000;
  }
  return Buffer.from(pool.buffer);
}

function pad(no) {
  return String(no).padStart(5, '0');
}

/** A float GGUF with the dimensions of Llama 3 8B (or fewer blocks) and zeros for weights, which take no room on the disk. */
export async function writeSparseFloatGguf(path, { gguf, blockCount = 32 }) {
  const model = gguf.sampleModel({
    type: 'F16',
    blockCount,
    embeddingLength: 4096,
    headCount: 32,
    headCountKv: 8,
    feedForwardLength: 14_336,
    vocabularySize: 128_256,
    contextLength: 8192,
  });
  const { sizeBytes, pieces } = gguf.prepareGguf(model);
  const handle = await open(path, 'w');
  try {
    for await (const header of pieces()) {
      await handle.write(header);
      break;
    }
    await handle.truncate(sizeBytes);
  } finally {
    await handle.close();
  }
}

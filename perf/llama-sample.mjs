/** A directory with the dimensions of a real Llama to convert: BF16 in shards as they are published, with a tokenizer of its size. */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PIECE_BYTES = 8 * 1024 * 1024;
/** As transformers cuts: no shard is larger. */
const SHARD_BYTES = 4e9;

/** The width of a model of about 1 GiB, and that of Llama 3 8B; blocks make up the size. */
export const SMALL_LLAMA = { hidden: 2048, inner: 5632, heads: 32, kvHeads: 4, vocabulary: 32_000 };
export const LARGE_LLAMA = { hidden: 4096, inner: 14_336, heads: 32, kvHeads: 8, vocabulary: 128_256 };

/** Weights are zeros that take no room on the disk where it is `sparse`. Returns how many bytes they are. */
export async function writeLlamaSample(directory, { shape, sizeBytes, sparse = false }) {
  await mkdir(directory, { recursive: true });
  const fixed = tensorsOf(shape, 0);
  const block = sizeOf(tensorsOf(shape, 1)) - sizeOf(fixed);
  const blocks = Math.max(1, Math.round((sizeBytes - sizeOf(fixed)) / block));
  const tensors = tensorsOf(shape, blocks);
  const shards = intoShards(tensors);
  const pool = sparse ? null : randomBf16(PIECE_BYTES + 64 * 1024);
  const weightMap = {};
  for (const [index, shard] of shards.entries()) {
    const name = `model-${pad(index + 1)}-of-${pad(shards.length)}.safetensors`;
    for (const tensor of shard) weightMap[tensor.name] = name;
    await writeShard(join(directory, name), shard, pool);
  }
  const write = (name, value) => writeFile(join(directory, name), JSON.stringify(value));
  await write('model.safetensors.index.json', {
    metadata: { total_size: sizeOf(tensors) },
    weight_map: weightMap,
  });
  await write('config.json', configOf(shape, blocks));
  await write('tokenizer.json', tokenizerOf(shape.vocabulary));
  await write('tokenizer_config.json', {
    bos_token: '<|begin|>',
    eos_token: '<|end|>',
    add_bos_token: false,
  });
  return sizeOf(tensors);
}

function tensorsOf({ hidden, inner, heads, kvHeads, vocabulary }, blocks) {
  const kv = (hidden / heads) * kvHeads;
  const list = [['model.embed_tokens.weight', vocabulary, hidden]];
  for (let no = 0; no < blocks; no += 1) {
    const block = (name, ...shape) => list.push([`model.layers.${no}.${name}.weight`, ...shape]);
    block('input_layernorm', hidden);
    block('self_attn.q_proj', hidden, hidden);
    block('self_attn.k_proj', kv, hidden);
    block('self_attn.v_proj', kv, hidden);
    block('self_attn.o_proj', hidden, hidden);
    block('post_attention_layernorm', hidden);
    block('mlp.gate_proj', inner, hidden);
    block('mlp.up_proj', inner, hidden);
    block('mlp.down_proj', hidden, inner);
  }
  list.push(['model.norm.weight', hidden], ['lm_head.weight', vocabulary, hidden]);
  return list.map(([name, ...shape]) => ({ name, shape, bytes: 2 * shape.reduce((a, b) => a * b, 1) }));
}

function sizeOf(tensors) {
  return tensors.reduce((sum, { bytes }) => sum + bytes, 0);
}

function intoShards(tensors) {
  const shards = [[]];
  for (const tensor of tensors) {
    if (sizeOf(shards.at(-1)) + tensor.bytes > SHARD_BYTES) shards.push([]);
    shards.at(-1).push(tensor);
  }
  return shards;
}

/** safetensors, "Format": the length of a JSON header as u64, the header, the data. */
async function writeShard(path, tensors, pool) {
  const entries = {};
  let offset = 0;
  for (const { name, shape, bytes } of tensors) {
    entries[name] = { dtype: 'BF16', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const header = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const handle = await open(path, 'wx');
  try {
    await handle.writev([length, header]);
    if (pool === null) return await handle.truncate(8 + header.length + offset);
    for (let done = 0; done < offset;) {
      const shift = ((done / 4096) % 32_768) & ~1;
      const piece = pool.subarray(shift, shift + Math.min(PIECE_BYTES, offset - done));
      await handle.writev([piece]);
      done += piece.length;
    }
  } finally {
    await handle.close();
  }
}

function configOf({ hidden, inner, heads, kvHeads, vocabulary }, blocks) {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    hidden_size: hidden,
    intermediate_size: inner,
    max_position_embeddings: 2048,
    num_attention_heads: heads,
    num_hidden_layers: blocks,
    num_key_value_heads: kvHeads,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    rope_scaling: null,
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
    vocab_size: vocabulary,
  };
}

/** A byte-level BPE as large as that of Llama 3: a token for each row, and twice as many merges, since most have two ways. */
function tokenizerOf(size) {
  const bytes = byteCharacters();
  const vocab = Object.fromEntries(bytes.map((text, id) => [text, id]));
  const merges = [];
  const words = [...bytes];
  for (let left = 0; words.length < size - 2; left += 1) {
    for (let right = 0; right < 256 && words.length < size - 2; right += 1) {
      const text = words[left] + bytes[right];
      vocab[text] = words.length;
      merges.push([words[left], bytes[right]]);
      words.push(text);
    }
  }
  for (const text of words) {
    const rest = text.slice(1);
    if (rest.length > 1 && vocab[rest] !== undefined) merges.push([text[0], rest]);
  }
  const special = (content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    added_tokens: [special('<|begin|>', size - 2), special('<|end|>', size - 1)],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: 'BPE', byte_fallback: false, ignore_merges: false, vocab, merges },
  };
}

/** The 256 letters that stand for bytes: those that can be printed for themselves, the others from U+0100 on (GPT-2). */
function byteCharacters() {
  const isPrintable = (byte) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}

/** Small finite BF16 numbers around 2⁻⁷, always the same ones. */
function randomBf16(sizeBytes) {
  const pool = new Uint16Array(sizeBytes / 2);
  let state = 1;
  for (let at = 0; at < pool.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const bits = state >>> 16;
    pool[at] = (bits & 0x80ff) | 0x3c00;
  }
  return Buffer.from(pool.buffer);
}

function pad(no) {
  return String(no).padStart(5, '0');
}

/** Small but sound Hugging Face model directories, and safetensors files with any header. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface FakeTensor {
  readonly dtype?: string;
  readonly shape?: readonly number[];
}

/** A sound file: the tensors' data follow each other. */
export function safetensorsBytes(tensors: Readonly<Record<string, FakeTensor>>): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, { dtype = 'F32', shape = [2, 3] }] of Object.entries(tensors)) {
    const bytes = shape.reduce((product, dim) => product * dim, 1) * (dtype === 'F32' ? 4 : 2);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  return rawSafetensors(JSON.stringify(header), offset);
}

/** Any header text with any number of data bytes behind it. */
export function rawSafetensors(header: string, dataBytes: number, claimedBytes?: bigint): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimedBytes ?? BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(dataBytes, 7)]);
}

/** Writes a folder that passes every check, with `extra` files on top; null leaves one out. */
export async function writeHfDirectory(
  path: string,
  extra: Readonly<Record<string, string | Uint8Array | null>> = {},
): Promise<void> {
  const files: Record<string, string | Uint8Array | null> = {
    'config.json': JSON.stringify({ model_type: 'llama', architectures: ['LlamaForCausalLM'] }),
    'tokenizer.json': '{"version":"1.0","model":{"type":"BPE","vocab":{"a":0},"merges":[]}}',
    'model.safetensors': safetensorsBytes({ 'model.embed': { shape: [4, 8] }, 'model.norm': { shape: [8] } }),
    ...extra,
  };
  for (const [name, content] of Object.entries(files)) {
    if (content === null) continue;
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

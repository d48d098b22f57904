/** A directory with a model of one tiny block, whose tokenizer is what matters. */
import { safetensorsBytes, writeHfDirectory, type FakeTensor } from './hf-directory.ts';

export async function writeTokenizerDirectory(
  path: string,
  size: number,
  files: Readonly<Record<string, object | Uint8Array | null>>,
): Promise<void> {
  const width = 32;
  const block = (name: string): string => `model.layers.0.${name}.weight`;
  const square = { shape: [width, width] };
  const norm = { shape: [width] };
  const tensors: Record<string, FakeTensor> = {
    'model.embed_tokens.weight': { shape: [size, width] },
    'model.norm.weight': norm,
    [block('input_layernorm')]: norm,
    [block('post_attention_layernorm')]: norm,
    ...Object.fromEntries(['q', 'k', 'v', 'o'].map((kind) => [block(`self_attn.${kind}_proj`), square])),
    ...Object.fromEntries(['gate', 'up', 'down'].map((kind) => [block(`mlp.${kind}_proj`), square])),
  };
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    hidden_size: width,
    intermediate_size: width,
    max_position_embeddings: 128,
    num_attention_heads: 1,
    num_hidden_layers: 1,
    num_key_value_heads: 1,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    vocab_size: size,
  };
  const contents = Object.entries(files).map(([name, content]) => [
    name,
    content === null || content instanceof Uint8Array ? content : JSON.stringify(content),
  ]);
  await writeHfDirectory(path, {
    'config.json': JSON.stringify(config),
    'tokenizer.json': null,
    'model.safetensors': safetensorsBytes(tensors),
    ...(Object.fromEntries(contents) as Record<string, string | Uint8Array | null>),
  });
}

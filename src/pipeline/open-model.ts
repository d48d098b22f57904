/** Opens an artifact whose type is known, so that its facts have that type too. */
import {
  openArtifact,
  type GgufArtifact,
  type HfArtifact,
  type OpenArtifactOptions,
} from '../bundle/index.ts';

type Options = Omit<OpenArtifactOptions, 'type'>;

/** Throws what `openArtifact` throws, `GGUF_*` among it. */
export async function openGgufArtifact(path: string, options: Options): Promise<GgufArtifact> {
  const artifact = await openArtifact(path, { ...options, type: 'gguf' });
  if (artifact.type === 'gguf') return artifact;
  throw new TypeError('Asked for a GGUF, and a directory was opened.');
}

/** Throws what `openArtifact` throws, `HF_*` among it. */
export async function openHfArtifact(path: string, options: Options): Promise<HfArtifact> {
  const artifact = await openArtifact(path, { ...options, type: 'hf-distilled' });
  if (artifact.type === 'hf-distilled') return artifact;
  throw new TypeError('Asked for a directory, and a GGUF was opened.');
}

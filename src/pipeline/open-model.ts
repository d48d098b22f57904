/** Opens an artifact whose type is known, so that its facts have that type too. */
import { Failure } from '../core/index.ts';
import {
  openArtifact,
  type GgufArtifact,
  type HfArtifact,
  type OpenArtifactOptions,
} from '../bundle/index.ts';
import { withFileSource } from '../system/index.ts';

type Options = Omit<OpenArtifactOptions, 'type'>;

/**
 * Throws what `openArtifact` throws, `GGUF_*` among it; `SYSTEM_FILE_NOT_REGULAR` for a folder that holds no split GGUF,
 * since where nothing but a GGUF can be meant there is no other type to offer.
 */
export async function openGgufArtifact(path: string, options: Options): Promise<GgufArtifact> {
  try {
    return await openArtifact(path, { ...options, type: 'gguf' });
  } catch (error) {
    // Opening it as a file says what it is, in the words of every other command.
    if (isMisfit(error)) await withFileSource(path, () => Promise.resolve());
    throw error;
  }
}

/** Throws what `openArtifact` throws, `HF_*` among it. */
export async function openHfArtifact(path: string, options: Options): Promise<HfArtifact> {
  try {
    return await openArtifact(path, { ...options, type: 'hf-distilled' });
  } catch (error) {
    if (!isMisfit(error)) throw error;
    throw error.inContext({
      hint: 'Give the folder with config.json and the weights; a GGUF goes with --gguf FILE.',
    });
  }
}

function isMisfit(error: unknown): error is Failure {
  return error instanceof Failure && error.code === 'BUNDLE_ARTIFACT_MISFIT';
}

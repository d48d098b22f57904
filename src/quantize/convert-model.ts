/**
 * A Hugging Face directory becomes a GGUF: by the converter here, and where that refuses a model that it does not know, by
 * convert_hf_to_gguf.py of the llama.cpp that the caller names. Never by the second without saying so.
 */
import { basename, resolve } from 'node:path';
import { escapeText, type Warning } from '../core/index.ts';
import type { GgufFile } from '../gguf/index.ts';
import { openHfModel } from '../hf/index.ts';
import { convertHf, type ConvertedModel, type ConvertHfOptions } from './convert-hf.ts';
import { convertByScript } from './convert-script.ts';
import { QuantizeFailure } from './error.ts';
import { FLOAT_TYPES, type FloatType } from './match-tensors.ts';

export interface ConvertModelOptions extends ConvertHfOptions {
  /** A checkout of llama.cpp; null where there is none. */
  readonly llamaCppDir: string | null;
}

export interface ConvertedByEither extends ConvertedModel {
  /** The convert_hf_to_gguf.py that made it; null where it was made here. */
  readonly script: string | null;
}

/** Throws what `convertHf` throws, and `CONVERT_SCRIPT_*`; nothing is left then. */
export async function convertModel(path: string, options: ConvertModelOptions): Promise<ConvertedByEither> {
  try {
    return { ...(await convertHf(path, options)), script: null };
  } catch (error) {
    if (!(error instanceof QuantizeFailure) || error.code !== 'CONVERT_UNSUPPORTED') throw error;
    const { llamaCppDir, signal } = options;
    if (llamaCppDir === null) throw error;
    // Without code and pickles, which the script would run: what is unsafe is refused here.
    const model = await openHfModel(resolve(path), { signal });
    // Quantized already: what the script makes of that would be quantized a second time.
    const config = await model.readObject('config.json');
    if (config?.['quantization_config'] !== undefined) throw error;
    const outPath = resolve(options.outPath);
    const { file, scriptPath } = await convertByScript(model, { ...options, outPath, llamaCppDir });
    const { warnings, parameterCount } = model.facts;
    return {
      path: outPath,
      type: mostOf(file),
      sizeBytes: file.sizeBytes,
      architecture: architectureOf(file),
      parameterCount,
      warnings: [...warnings, byScript(path, scriptPath, error.message)],
      script: scriptPath,
    };
  }
}

function byScript(path: string, scriptPath: string, reason: string): Warning {
  const message = `${escapeText(basename(resolve(path)))} was converted by ${escapeText(scriptPath)}, since the converter here refused it: ${reason} Nothing here vouches for its tokens and numbers.`;
  return { code: 'CONVERT_BY_SCRIPT', message };
}

function mostOf({ tensors }: GgufFile): FloatType {
  const bytesOf = (wanted: FloatType): number =>
    tensors.reduce((sum, { type, sizeBytes }) => sum + (type === wanted ? sizeBytes : 0), 0);
  return [...FLOAT_TYPES].toSorted((a, b) => bytesOf(b) - bytesOf(a))[0] ?? 'F32';
}

function architectureOf({ metadata }: GgufFile): string {
  const value = metadata.get('general.architecture');
  return value?.kind === 'string' ? value.value : '';
}

/** Reads what config.json says a model is. Pure. */
import { decodeUtf8, escapeText, isJsonObject, parseJson } from '../core/index.ts';
import { HfFailure } from './error.ts';
import { MAX_CONFIG_BYTES } from './limits.ts';

export interface HfConfig {
  readonly modelType: string;
  readonly architectures: readonly string[];
}

/** Throws `HF_CONFIG_INVALID`, `CORE_JSON_*`, `CORE_TEXT_NOT_UTF8`. */
export function parseHfConfig(bytes: Uint8Array, name = 'config.json'): HfConfig {
  const value = parseJson(decodeUtf8(bytes, name), { name, maxBytes: MAX_CONFIG_BYTES });
  if (!isJsonObject(value)) throw invalid(name, 'an object', Array.isArray(value) ? 'a list' : typeof value);
  const modelType = value['model_type'];
  if (typeof modelType !== 'string' || modelType === '') {
    throw invalid(
      name,
      'text under "model_type"',
      modelType === undefined ? 'no such key' : JSON.stringify(modelType),
    );
  }
  const architectures = value['architectures'] ?? [];
  if (!Array.isArray(architectures) || architectures.some((item) => typeof item !== 'string')) {
    throw invalid(name, 'a list of text under "architectures"', JSON.stringify(architectures));
  }
  return { modelType, architectures: architectures as string[] };
}

function invalid(name: string, expected: string, received: string): HfFailure {
  return new HfFailure(
    'HF_CONFIG_INVALID',
    `${name} does not describe a model: it should hold ${expected}.`,
    {
      details: { file: name, expected, received: escapeText(received, 100) },
    },
  );
}

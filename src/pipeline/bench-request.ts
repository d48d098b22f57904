/** What a benchmark was asked for, as it stands in its run, so that one that was cut short can be gone on with. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';

/** As they were asked for; null stands for what was left to its default. Names of the fields as in the run. */
export type BenchRequestRecord = {
  readonly versions: readonly string[];
  /** The folder, absolute; null for the one of the package. */
  readonly suite: string | null;
  readonly again: boolean;
  readonly engine: BenchEngineRecord;
};

export type BenchEngineRecord = {
  readonly name: 'llama-cpp' | 'llama-server' | 'openai';
  readonly threads: number | null;
  readonly context_tokens: number | null;
  readonly gpu_layers: number;
  /** The llama-server of this machine, absolute. */
  readonly path: string | null;
  /** For that one. */
  readonly flags: readonly string[];
  readonly url: string | null;
  /** The name of the variable; never what it holds. */
  readonly api_key_env: string | null;
  /** The name of a version at that server, where it is not the version itself. */
  readonly served_as: Readonly<Record<string, string>>;
};

export const ENGINE_NAMES = [
  'llama-cpp',
  'llama-server',
  'openai',
] as const satisfies readonly BenchEngineRecord['name'][];

/** Null where a run does not say it, or not so that it can be read. */
export function parseBenchRequest(value: JsonValue | undefined): BenchRequestRecord | null {
  if (!isJsonObject(value)) return null;
  const { versions, suite = null, again = false } = value;
  const engine = parseEngine(value['engine']);
  if (!isTexts(versions) || !isText(suite) || typeof again !== 'boolean' || engine === null) return null;
  return { versions, suite, again, engine };
}

function parseEngine(value: JsonValue | undefined): BenchEngineRecord | null {
  if (!isJsonObject(value)) return null;
  const name = ENGINE_NAMES.find((one) => one === value['name']);
  const { threads = null, context_tokens = null, gpu_layers = 0 } = value;
  const { path = null, flags = [], url = null, api_key_env = null, served_as = {} } = value;
  if (name === undefined || !isTexts(flags) || !isText(path) || !isText(url) || !isText(api_key_env))
    return null;
  if (!isCount(threads) || !isCount(context_tokens) || gpu_layers === null || !isCount(gpu_layers))
    return null;
  if (!isNames(served_as)) return null;
  return { name, threads, context_tokens, gpu_layers, path, flags, url, api_key_env, served_as };
}

function isText(value: JsonValue): value is string | null {
  return value === null || typeof value === 'string';
}

function isTexts(value: JsonValue | undefined): value is readonly string[] & JsonValue[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isCount(value: JsonValue): value is number | null {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0);
}

function isNames(value: JsonValue): value is JsonObject & Readonly<Record<string, string>> {
  return isJsonObject(value) && Object.values(value).every((one) => typeof one === 'string');
}

/** Asks a server, once, whether it is well and which model it runs. */
import { escapeText, isJsonObject, parseJson, type JsonObject, type JsonValue } from '../core/index.ts';
import { requestHttp, runCommand, type HttpAnswer } from '../system/index.ts';
import { MAX_PROBE_BYTES } from './limits.ts';
import type { Probe } from './service-settings.ts';

/** What should be running. */
export interface ProbedRelease {
  readonly id: string;
  readonly version: string;
  /** Hex SHA-256 of the artifact; empty for one that was adopted, of which nobody knows it. */
  readonly artifactSha256: string;
  readonly releasesDir: string;
}

export type ProbeAnswer =
  /** `what` came; `model`: whether the server said what it runs, and that is what should run. */
  | {
      readonly kind: 'well';
      readonly what: string;
      readonly durationMs: number;
      readonly model: 'expected' | 'not stated';
    }
  /** `isOther`: it is up, and runs something else: waiting will hardly change that. */
  | { readonly kind: 'unwell'; readonly reason: string; readonly isOther: boolean };

export interface AskOptions {
  readonly expected: ProbedRelease;
  readonly timeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Never throws; an interrupt is an unwell answer. */
export async function askProbe(probe: Probe, options: AskOptions): Promise<ProbeAnswer> {
  switch (probe.kind) {
    case 'http':
      return judge(await get(new URL(probe.url), options), options);
    case 'openai':
      return askOpenAi(probe.url, options);
    case 'command': {
      const { env, commandTimeoutMs: timeoutMs, signal } = options;
      const end = await runCommand(probe.command, { timeoutMs, env, signal });
      const { durationMs } = end;
      if (end.exitCode === 0) return { kind: 'well', what: 'exit code 0', durationMs, model: 'not stated' };
      return unwell(`the health command: ${end.reason}`);
    }
  }
}

/** What a person reads for a probe. */
export function describeProbe(probe: Probe): string {
  return probe.kind === 'command' ? `command ${escapeText(probe.command)}` : escapeText(probe.url);
}

/** `/v1/models` must list a model and `/v1/completions` complete a prompt, as OpenAI's API reference has them. */
async function askOpenAi(base: string, options: AskOptions): Promise<ProbeAnswer> {
  const models = await get(apiUrl(base, 'models'), options);
  const listed = judge(models, options);
  if (listed.kind === 'unwell') return listed;
  const name = models.kind === 'answered' ? firstModel(readBody(models.body)) : null;
  if (name === null) return unwell(`${apiUrl(base, 'models').href} lists no model`);
  const json = JSON.stringify({ model: name, prompt: 'Hello', max_tokens: 1, temperature: 0 });
  const url = apiUrl(base, 'completions');
  const completed = await requestHttp(url, { ...limits(options), json });
  const answered = judge(completed, options, url.href);
  if (answered.kind === 'unwell') return answered;
  if (completed.kind !== 'answered' || !hasChoice(readBody(completed.body))) {
    return unwell(`${url.href} completed nothing`);
  }
  const durationMs = listed.durationMs + answered.durationMs;
  return { kind: 'well', what: 'a model and a completion', durationMs, model: listed.model };
}

function get(url: URL, options: AskOptions): Promise<HttpAnswer> {
  return requestHttp(url, limits(options));
}

function limits({ timeoutMs, signal }: AskOptions): {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
} {
  return { timeoutMs, maxBytes: MAX_PROBE_BYTES, signal };
}

/** With or without `/v1` at the end, as people write it. */
function apiUrl(base: string, what: string): URL {
  return new URL(`${base.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/${what}`);
}

function judge(answer: HttpAnswer, { expected }: AskOptions, where?: string): ProbeAnswer {
  if (answer.kind === 'failed') return unwell(answer.reason);
  if (answer.status !== 200)
    return unwell(`${where === undefined ? '' : `${where}: `}HTTP status ${answer.status}`);
  const other = findOther(readBody(answer.body), expected);
  if (other.kind === 'other') return { kind: 'unwell', reason: `it runs ${other.what}`, isOther: true };
  return { kind: 'well', what: 'HTTP status 200', durationMs: answer.durationMs, model: other.kind };
}

type Stated =
  { readonly kind: 'expected' | 'not stated' } | { readonly kind: 'other'; readonly what: string };

/** A digest (ours states one), or a path below the releases (llama-server states the one that it was started with). */
function findOther(body: JsonValue, { id, artifactSha256, releasesDir }: ProbedRelease): Stated {
  const texts = statedTexts(body);
  const digest = texts
    .find(([key]) => key === 'sha256' || key === 'artifact_sha256')?.[1]
    .replace(/^sha256:/, '');
  if (artifactSha256 !== '' && digest !== undefined && /^[0-9a-f]{64}$/.test(digest)) {
    return digest === artifactSha256 ? { kind: 'expected' } : { kind: 'other', what: `sha256:${digest}` };
  }
  const below = `${releasesDir}/`;
  const path = texts.find(([, text]) => text.startsWith(below))?.[1];
  if (path === undefined) return { kind: 'not stated' };
  const release = path.slice(below.length).split('/')[0] ?? '';
  return release === id ? { kind: 'expected' } : { kind: 'other', what: escapeText(release) };
}

/** Texts of the body, and of the objects and lists one step further in: where servers say which model they run. */
function statedTexts(body: JsonValue): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  const visit = (value: JsonValue, key: string, depth: number): void => {
    if (typeof value === 'string') found.push([key, value]);
    else if (depth > 0 && Array.isArray(value)) for (const item of value) visit(item, key, depth - 1);
    else if (depth > 0 && isJsonObject(value))
      for (const [name, item] of Object.entries(value)) visit(item, name, depth - 1);
  };
  visit(body, '', 3);
  return found;
}

function firstModel(body: JsonValue): string | null {
  const data = isJsonObject(body) ? body['data'] : null;
  const first = Array.isArray(data) ? data[0] : null;
  const id = isModel(first) ? first['id'] : null;
  return typeof id === 'string' ? id : null;
}

function isModel(value: JsonValue | undefined): value is JsonObject {
  return value !== undefined && isJsonObject(value);
}

function hasChoice(body: JsonValue): boolean {
  const choices = isJsonObject(body) ? body['choices'] : null;
  return Array.isArray(choices) && choices.length > 0;
}

/** A health page may be anything; only what parses as JSON can state a model. */
function readBody(body: Uint8Array): JsonValue {
  try {
    return parseJson(new TextDecoder().decode(body), { name: 'the answer', maxBytes: MAX_PROBE_BYTES });
  } catch {
    return null;
  }
}

function unwell(reason: string): ProbeAnswer {
  return { kind: 'unwell', reason: escapeText(reason), isOther: false };
}

/** `milton serve`: a small OpenAI-compatible server for the model that is live on a target. */
import type { Command } from 'commander';
import { formatBytes, formatDuration, type JsonObject } from '../../core/index.ts';
import type { ServedFacts, ServeReport, ServeSource } from '../../pipeline/index.ts';
import type { RequestLine } from '../../serve/index.ts';
import type { CommandContext, CommandResult, Lines, Perform } from '../context.ts';
import { CliFailure } from '../error.ts';
import { plural } from '../numbers.ts';
import {
  collectList,
  parseCount,
  parseDurationMs,
  parsePath,
  parsePort,
  parseWhole,
} from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';

interface ServeFlags {
  readonly targetPath?: string;
  readonly model?: string;
  readonly verify?: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly allowRemote?: boolean;
  readonly apiKeyFile?: string;
  readonly allowHost?: readonly string[];
  readonly context?: number;
  readonly threads?: number;
  readonly gpuLayers?: number;
  readonly maxQueue?: number;
  readonly requestTimeout?: number;
  readonly drain?: number;
}

export function defineServe(command: Command, perform: Perform): void {
  command
    .option('--target-path <path>', 'serve what is live there (default: the only target)', parsePath)
    .option('--model <file>', 'serve this GGUF instead', parsePath)
    .option('--verify', 'hash the release again before it is loaded')
    .option('--host <address>', 'where to listen (default: 127.0.0.1)')
    .option('--port <n>', '0 picks a free one (default: 8080)', parsePort)
    .option('--api-key-file <file>', 'clients must send this key', parsePath)
    .option('--allow-remote', 'serve other machines without a key')
    .option('--allow-host <name>', 'a further name that clients may call it by', collectList)
    .option('--context <tokens>', 'room for prompt and answer (default: 4096)', parseCount)
    .option('--threads <n>', 'that compute (default: all but one)', parseCount)
    .option('--gpu-layers <n>', 'layers on a GPU (default: 0)', parseWhole)
    .option('--max-queue <n>', 'requests that may wait (default: 8)', parseWhole)
    .option('--request-timeout <time>', 'for one answer (default: 10m)', parseDurationMs)
    .option('--drain <time>', 'for what runs when it is stopped (default: 10s)', parseDurationMs)
    .addHelpText(
      'after',
      `
It resolves the link once: after a swap it serves the old release until it is
restarted. SIGTERM ends it in order, a second one at once. --json prints its
document when the server has ended.

Examples:
  $ milton serve --target-path /srv/llm
  $ milton serve --model model.gguf --port 0`,
    )
    .action(perform<ServeFlags>(serve));
}

async function serve(context: CommandContext, flags: ServeFlags): Promise<CommandResult> {
  const source = toSource(flags);
  const { serveModel } = await import('../../pipeline/index.ts');
  const { DEFAULT_DRAIN_MS, DEFAULT_MAX_QUEUE, DEFAULT_REQUEST_TIMEOUT_MS } =
    await import('../../serve/index.ts');
  const { loadLlamaCppEngine } = await import('../../engine/index.ts');
  const { state, clock, signal, onProgress, mode, notice, warn } = context;
  context.endAtSecondSignal();
  const report = await serveModel(
    {
      source,
      verify: flags.verify ?? false,
      contextTokens: flags.context ?? null,
      threads: flags.threads ?? null,
      gpuLayers: flags.gpuLayers ?? 0,
      listen: {
        host: flags.host ?? '127.0.0.1',
        port: flags.port ?? 8080,
        allowRemote: flags.allowRemote ?? false,
        apiKeyFile: flags.apiKeyFile ?? null,
        allowedHosts: flags.allowHost ?? [],
        maxQueue: flags.maxQueue ?? DEFAULT_MAX_QUEUE,
        requestTimeoutMs: flags.requestTimeout ?? DEFAULT_REQUEST_TIMEOUT_MS,
        drainMs: flags.drain ?? DEFAULT_DRAIN_MS,
      },
    },
    {
      state,
      clock,
      engine: await loadLlamaCppEngine(),
      signal,
      onProgress,
      onWarning: warn,
      onListening: (url, { id }) => notice(`Loading ${shown(id)}; listening on ${url}`),
      onReady: (served) => notice(readyText(served)),
      ...(mode.verbose && { onRequest: (line) => notice(requestText(line)) }),
    },
  );
  return { json: reportJson(report), text: (style) => reportText(report, style) };
}

/** Throws `CLI_USAGE`. */
function toSource({ model, targetPath, verify }: ServeFlags): ServeSource {
  if (model === undefined) return { kind: 'target', path: targetPath ?? null };
  if (targetPath === undefined && verify !== true) return { kind: 'file', path: model };
  const message =
    targetPath === undefined
      ? 'A plain file has no stated digest that it could be verified against; it is always hashed.'
      : 'It serves either a target or a file.';
  const expected = 'either --target-path or --model FILE; --verify only with a target';
  throw new CliFailure('CLI_USAGE', message, {
    details: { expected },
    hint: 'milton serve --help shows how the options go together.',
  });
}

function readyText({ name, url, contextTokens, engine, facts }: ServedFacts): string {
  const loaded = `loaded in ${formatDuration(facts.loadMs)}, ${formatBytes(facts.peakRssBytes)}`;
  const what = `${shown(name.id)} (sha256 ${name.sha256 ?? 'unknown'})`;
  return `Serving ${what} on ${url}\n${shown(engine)}, context ${contextTokens} tokens, ${loaded}`;
}

/** Of what a client chose only the method and the path are shown, escaped. */
function requestText({
  method,
  path,
  status,
  durationMs,
  promptTokens,
  tokens,
  client,
}: RequestLine): string {
  const counts = tokens === null ? '' : `, ${promptTokens ?? 0} + ${tokens} tokens`;
  return `${shown(client)} ${shown(method)} ${shown(path)} ${status}, ${formatDuration(durationMs)}${counts}`;
}

function reportJson({ url, name, served, end, requests }: ServeReport): JsonObject {
  return {
    url,
    model_version: name.id,
    artifact_sha256: name.sha256,
    release_id: name.release,
    model_path: served?.path ?? null,
    engine: served?.engine ?? null,
    context_tokens: served?.contextTokens ?? null,
    load_ms: served === null ? null : Math.round(served.facts.loadMs),
    ended: end,
    requests,
  };
}

const ENDS: Readonly<Record<ServeReport['end'], string>> = {
  drained: 'every answer was complete',
  cut: 'an answer was cut off after the time for it was up',
  'engine-died': 'the engine ended',
  'before-ready': 'it was stopped before it was ready',
};

function reportText({ name, end, requests }: ServeReport, { colors }: TextStyle): Lines {
  return [`${colors.bold(shown(name.id))} served ${plural(requests, 'request')}; ${ENDS[end]}.`];
}

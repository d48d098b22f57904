/**
 * convert_hf_to_gguf.py of a checkout of llama.cpp, for models that the converter here does not know: run in a contained
 * process, without a network to ask, on a directory that was found to hold no code; what it writes is read as any file of a
 * stranger. Held against the script of llama.cpp v0.5.0.
 */
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CoreFailure, escapeText, formatBytes, formatDuration, type OnProgress } from '../core/index.ts';
import { readAndCheckGguf, type GgufFile } from '../gguf/index.ts';
import type { HfModel } from '../hf/index.ts';
import {
  makeDirectory,
  spawnContained,
  withFileSource,
  withNewFile,
  type ContainedEnd,
} from '../system/index.ts';
import { QuantizeFailure } from './error.ts';
import { foreignEnvironment } from './foreign-environment.ts';
import { QUANTIZE_BASE_MS, SCRIPT_BASELINE_BYTES, SLOWEST_BYTES_PER_MS, TENSOR_COPIES } from './limits.ts';
import { assertRoom, onlyName } from './output-file.ts';

export interface ConvertScriptOptions {
  readonly outPath: string;
  readonly llamaCppDir: string;
  /** Gets the file before it has a name; what it throws leaves nothing behind. */
  readonly use?: ((path: string) => Promise<void>) | undefined;
  /** False: it never gets a name, and is gone after `use`. Default: true. */
  readonly keep?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ScriptResult {
  readonly file: GgufFile;
  readonly scriptPath: string;
}

/** Throws `CONVERT_SCRIPT_*`, `QUANTIZE_NO_ROOM`, `GGUF_*`, `SYSTEM_*`, `CORE_INTERRUPTED`; nothing is left then. */
export async function convertByScript(
  { facts, tensors }: HfModel,
  { outPath, llamaCppDir, use, keep = true, onProgress, signal }: ConvertScriptOptions,
): Promise<ScriptResult> {
  const scriptPath = await findScript(llamaCppDir);
  const directory = resolve(facts.path);
  const totalBytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const largestBytes = Math.max(0, ...tensors.map(({ sizeBytes }) => sizeBytes));
  await assertRoom(dirname(outPath), totalBytes);
  await makeDirectory(dirname(outPath));
  const message = `Converting ${formatBytes(totalBytes)} with ${escapeText(scriptPath)}`;
  onProgress?.({ kind: 'step', step: 'convert', message });
  let file: GgufFile | null = null;
  await withNewFile(
    { directory: dirname(outPath), name: onlyName(outPath), keep },
    async (_handle, _path, writable) => {
      const args = [scriptPath, directory, '--outfile', writable, '--outtype', 'auto'];
      const child = await spawnContained(
        { kind: 'command', command: 'python3', args },
        {
          limits: {
            dataBytes: SCRIPT_BASELINE_BYTES + TENSOR_COPIES * largestBytes,
            wallMs: QUANTIZE_BASE_MS + Math.ceil(totalBytes / SLOWEST_BYTES_PER_MS),
          },
          env: { ...foreignEnvironment(), ...OFFLINE },
          ...(signal === undefined ? {} : { signal }),
        },
      );
      let said = '';
      child.onStderr((text) => {
        said = (said + text).slice(-MAX_BAR_CHARACTERS);
        // Of tqdm, which writes its bar again and again.
        const share = Number(/.*Writing:\s+(\d{1,3})%/s.exec(said)?.[1] ?? NaN) / 100;
        const doneBytes = Math.round(Math.min(1, share) * totalBytes);
        if (!Number.isNaN(share)) onProgress?.({ kind: 'bytes', step: 'convert', doneBytes, totalBytes });
      });
      const end = await child.ended;
      if (end.kind !== 'exited' || end.code !== 0)
        throw toFailure(directory, scriptPath, { end, said: child.stderrTail() });
      const options = signal === undefined ? {} : { signal };
      ({ file } = await withFileSource(writable, (source) => readAndCheckGguf(source, options)));
      await use?.(writable);
    },
  );
  if (file === null) throw new Error('withNewFile did not write.');
  return { file, scriptPath };
}

async function findScript(llamaCppDir: string): Promise<string> {
  const path = join(resolve(llamaCppDir), 'convert_hf_to_gguf.py');
  const stats = await stat(path).catch(() => null);
  if (stats?.isFile() === true) return path;
  throw new QuantizeFailure(
    'CONVERT_SCRIPT_MISSING',
    `LLAMA_CPP_DIR has no convert_hf_to_gguf.py; looked at ${escapeText(path)}.`,
    { details: { path, expected: 'a file', received: 'none' } },
  );
}

interface Ending {
  readonly end: ContainedEnd;
  readonly said: string;
}

function toFailure(directory: string, scriptPath: string, { end, said }: Ending): Error {
  const name = escapeText(directory);
  const words = escapeText(lastLine(said), MAX_WORDS);
  const details = { path: directory, script: scriptPath, received: words };
  const failed = (how: string): Error =>
    new QuantizeFailure('CONVERT_SCRIPT_FAILED', `convert_hf_to_gguf.py could not convert ${name}: ${how}`, {
      details,
    });
  switch (end.kind) {
    case 'cancelled':
      return new CoreFailure('CORE_INTERRUPTED', 'Interrupted while the model was converted.');
    case 'out-of-memory':
      return new QuantizeFailure(
        'QUANTIZE_OUT_OF_MEMORY',
        `Memory ran out while ${name} was converted: ${end.evidence}.`,
        {
          details,
        },
      );
    case 'timed-out':
      return failed(`it was ended after ${formatDuration(end.limitMs)}.`);
    case 'signalled':
      return failed(`it was ended by ${end.signal}, after saying "${words}".`);
    case 'not-started':
      return unstartable(escapeText(end.reason), details);
    case 'exited':
      // 126 and 127: what the tools around a command say of one that is not there.
      if (end.code === 127 || end.code === 126)
        return unstartable(`python3 cannot be run: ${words}`, details);
      return isMissingModule(said) ? unstartable(words, details) : failed(words);
  }
}

function unstartable(reason: string, details: { readonly path: string; readonly received: string }): Error {
  return new QuantizeFailure('CONVERT_SCRIPT_UNUSABLE', `convert_hf_to_gguf.py did not start: ${reason}`, {
    details,
  });
}

function isMissingModule(said: string): boolean {
  return /^(?:ModuleNotFoundError|ImportError): /.test(lastLine(said));
}

function lastLine(text: string): string {
  return (
    text
      .trim()
      .split(/[\n\r]/)
      .at(-1) ?? ''
  );
}

/** The libraries of transformers ask a hub for what a directory lacks, unless they are told not to. */
const OFFLINE = { HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1', PYTHONDONTWRITEBYTECODE: '1' } as const;
const MAX_BAR_CHARACTERS = 400;
const MAX_WORDS = 500;

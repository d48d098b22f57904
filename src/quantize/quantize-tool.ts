/** A llama-quantize of the owner's: found where it was said to be and nowhere else, and asked which options it knows. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CoreFailure, escapeText, messageOf } from '../core/index.ts';
import { spawnContained } from '../system/index.ts';
import { QuantizeFailure } from './error.ts';
import { foreignEnvironment } from './foreign-environment.ts';
import { QUANTIZER_BASELINE_BYTES, TOOL_QUESTION_MS } from './limits.ts';

export interface QuantizeTool {
  readonly path: string;
  /** Whether its help names the option. */
  knows(option: string): boolean;
}

export interface FindToolOptions {
  /** `--tool`: a path, or `packaged` for the library whatever else is said. */
  readonly tool: string | null;
  /** A checkout of llama.cpp, or a folder that it was built in. */
  readonly llamaCppDir: string | null;
  readonly signal?: AbortSignal | undefined;
}

/** The word that stands for the packaged library. */
const PACKAGED = 'packaged';

/** Null where the packaged library is to be used. Throws `QUANTIZE_TOOL_MISSING`, `QUANTIZE_TOOL_UNUSABLE`, `CORE_INTERRUPTED`. */
export async function findQuantizeTool(options: FindToolOptions): Promise<QuantizeTool | null> {
  const { tool, llamaCppDir, signal } = options;
  if (tool === PACKAGED) return null;
  if (tool !== null) return examine(await firstFile([resolve(tool)], '--tool'), signal);
  if (llamaCppDir === null) return null;
  const root = resolve(llamaCppDir);
  const places = ['', 'build/bin', 'bin'].map((folder) => join(root, folder, 'llama-quantize'));
  return examine(await firstFile(places, 'LLAMA_CPP_DIR'), signal);
}

async function firstFile(places: readonly string[], saidBy: string): Promise<string> {
  for (const place of places) {
    const stats = await stat(place).catch(() => null);
    if (stats?.isFile() === true) return place;
  }
  const looked = places.map((place) => escapeText(place));
  throw new QuantizeFailure(
    'QUANTIZE_TOOL_MISSING',
    `There is no llama-quantize where ${saidBy} says; looked at ${looked.join(', ')}.`,
    { details: { expected: 'a file', received: 'none', looked_at: looked } },
  );
}

/** A help that knows no `--dry-run` is that of another program, or of a release before 2026, which tells too late what it makes. */
async function examine(path: string, signal: AbortSignal | undefined): Promise<QuantizeTool> {
  await access(path, constants.X_OK).catch((error: unknown) => {
    throw unusable(path, 'an executable file', messageOf(error));
  });
  const child = await spawnContained(
    { kind: 'command', command: path, args: ['--help'] },
    {
      limits: { dataBytes: QUANTIZER_BASELINE_BYTES, wallMs: TOOL_QUESTION_MS },
      env: foreignEnvironment(),
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const end = await child.ended;
  if (end.kind === 'cancelled') {
    throw new CoreFailure(
      'CORE_INTERRUPTED',
      `Interrupted while ${escapeText(path)} was asked for its help.`,
    );
  }
  const text = `${child.stdoutTail()}\n${child.stderrTail()}`;
  const known = new Set(text.match(/(?<![\w-])--[a-z][a-z0-9-]*/g));
  if (known.has('--dry-run') && known.has('--imatrix')) return { path, knows: (option) => known.has(option) };
  const [line = ''] = text.trim().split('\n');
  const words = end.kind === 'not-started' ? end.reason : line === '' ? 'nothing' : `"${line}"`;
  throw unusable(path, 'a help that names --dry-run and --imatrix', escapeText(words, 200));
}

export function unusable(path: string, expected: string, received: string): QuantizeFailure {
  const seen = escapeText(received, 300);
  return new QuantizeFailure(
    'QUANTIZE_TOOL_UNUSABLE',
    `${escapeText(path)} cannot be used as llama-quantize: expected ${expected}, got ${seen}.`,
    { details: { path, expected, received: seen } },
  );
}

/** Starts the built command as a shell would, in a state directory of its own, and keeps what it printed. */
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { runMilton as runInProcess } from '../../src/cli/run.ts';
import { ggufBytes, sampleModel, type SampleModelOptions } from '../../src/gguf/index.ts';
import { systemClock } from '../../src/system/index.ts';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of node itself. */
  readonly nodeArgs?: readonly string[];
  readonly cwd?: string;
  /** Another copy of the command than the built one. */
  readonly main?: string;
  /** Runs as this user; the tests themselves may be root, who may read anything. */
  readonly uid?: number;
}

/** Colours, CI and the state directory are what the test says, not what this shell happens to have. */
export function runMilton(
  args: readonly string[],
  { env = {}, nodeArgs = [], cwd, main = MAIN, uid }: RunOptions = {},
): Promise<Finished> {
  const clean = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env };
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    env: clean,
    cwd,
    uid,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/**
 * The same arguments, output and exit code without a process of its own, which costs ten times as much: for the many ways in
 * which commands go whose start, streams and end other tests look at. One at a time, since the process has one folder.
 */
export async function runMiltonHere(
  args: readonly string[],
  { env = {}, cwd = process.cwd() }: Pick<RunOptions, 'env' | 'cwd'> = {},
): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const exitCode = await runInProcess(args, {
      version: '0.0.0',
      stdout: { write: (text) => (written.stdout += text) },
      stderr: { write: (text) => (written.stderr += text) },
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
      clock: systemClock,
      signals: new EventEmitter(),
      onGiveUp: () => undefined,
    });
    return { exitCode, ...written };
  } finally {
    process.chdir(before);
  }
}

export interface PlaceOptions {
  /** Where commands run: the built one in a process each, or in this process with `runMiltonHere`. */
  readonly run?: typeof runMilton | typeof runMiltonHere;
}

export interface Place {
  /** A fresh folder for this file of tests. */
  readonly folder: string;
  /** Runs the command with its state below that folder. */
  milton(...args: string[]): Promise<Finished>;
  /** The same with `--json`, and the one document that came. */
  document(...args: string[]): Promise<Finished & { readonly json: Readonly<Record<string, unknown>> }>;
}

/** A folder that is made before the tests of a file and removed after them. */
export function useFolder({ run = runMilton }: PlaceOptions = {}): Place {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'milton-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const milton = (...args: string[]): Promise<Finished> =>
    run(args, { env: { MILTON_STATE_DIR: join(folder, 'state') }, cwd: folder });
  return {
    get folder() {
      return folder;
    },
    milton,
    async document(...args) {
      const finished = await milton(...args, '--json');
      return { ...finished, json: JSON.parse(finished.stdout) as Record<string, unknown> };
    },
  };
}

/** A sound model of some 100 kB. */
export async function smallGguf(options: SampleModelOptions = {}): Promise<Uint8Array> {
  return ggufBytes(
    sampleModel({
      blockCount: 1,
      embeddingLength: 64,
      headCount: 4,
      headCountKv: 2,
      feedForwardLength: 64,
      vocabularySize: 320,
      ...options,
    }),
  );
}

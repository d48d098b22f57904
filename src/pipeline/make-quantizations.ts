/**
 * A float GGUF becomes one of each type that is asked for, each checked, loaded and asked to generate. None has a name before
 * all of them are sound, so that whatever ends the process meanwhile leaves nothing.
 */
import type { OnProgress, Warning } from '../core/index.ts';
import { runLoadTest } from '../deploy/index.ts';
import type { Engine } from '../engine/index.ts';
import {
  quantizeGguf,
  type QuantizeGgufOptions,
  type QuantizationType,
  type UsedMatrix,
} from '../quantize/index.ts';
import { hashSource, withFileSource } from '../system/index.ts';

export interface QuantizationTarget {
  readonly type: QuantizationType;
  readonly path: string;
}

/** What is the same for every type. */
export interface MakeQuantizationsOptions {
  readonly engine: Engine;
  /** How the quantizer is to work. */
  readonly quantizer: Partial<Omit<QuantizeGgufOptions, 'type' | 'outPath' | 'verify' | 'dryRun'>>;
  /** Hashes each file as well. */
  readonly hash: boolean;
  /** Hears of each file that has taken its name. */
  readonly onNamed: (path: string) => void;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MadeQuantization extends QuantizationTarget {
  /** Of the float GGUF. */
  readonly sourceBytes: number;
  readonly sizeBytes: number;
  /** Of the load test; null in a dry run. */
  readonly tokensPerSecond: number | null;
  /** Lower-case hex; null where it was not asked for. */
  readonly sha256: string | null;
  /** Of llama.cpp. */
  readonly release: string;
  /** The llama-quantize that was used instead of the packaged library; null where none was. */
  readonly tool: string | null;
  readonly imatrix: UsedMatrix | null;
  readonly warnings: readonly Warning[];
}

/**
 * In the order of the targets. Throws `QUANTIZE_*`, `GGUF_*`, `ENGINE_*`, `DEPLOY_LOAD_TEST_FAILED`, `SYSTEM_*`,
 * `CORE_INTERRUPTED`; no file is left then but those that `onNamed` was told of.
 */
export async function makeQuantizations(
  source: string,
  [target, ...others]: readonly QuantizationTarget[],
  options: MakeQuantizationsOptions,
): Promise<readonly MadeQuantization[]> {
  if (target === undefined) return [];
  const { quantizer, onNamed, onProgress, signal } = options;
  let checked: Checked = { tokensPerSecond: null, sha256: null, warnings: [], others: [] };
  const made = await quantizeGguf(source, {
    ...quantizer,
    type: target.type,
    outPath: target.path,
    onProgress,
    signal,
    async verify(path) {
      checked = {
        ...(await loadTest(path, options)),
        sha256: options.hash ? await hashFile(path, options) : null,
        // The others are made while this one waits for its name.
        others: await makeQuantizations(source, others, options),
      };
    },
  });
  onNamed(made.path);
  const { others: rest, warnings, ...facts } = checked;
  return [{ ...made, ...facts, warnings: [...made.warnings, ...warnings] }, ...rest];
}

/** What each would be, by the library's own dry run; `source` needs no weights. Writes nothing. */
export async function planQuantizations(
  source: string,
  targets: readonly QuantizationTarget[],
  { quantizer, onProgress, signal }: MakeQuantizationsOptions,
): Promise<readonly MadeQuantization[]> {
  const planned: MadeQuantization[] = [];
  for (const { type, path } of targets) {
    const facts = { ...quantizer, type, outPath: path, dryRun: true, onProgress, signal };
    planned.push({ ...(await quantizeGguf(source, facts)), tokensPerSecond: null, sha256: null });
  }
  return planned;
}

/** What was found out of a file before it has its name. */
interface Checked extends Pick<MadeQuantization, 'tokensPerSecond' | 'sha256' | 'warnings'> {
  readonly others: readonly MadeQuantization[];
}

async function loadTest(
  path: string,
  { engine, onProgress, signal }: MakeQuantizationsOptions,
): Promise<Pick<Checked, 'tokensPerSecond' | 'warnings'>> {
  onProgress?.({ kind: 'step', step: 'load-test', message: 'Loading it and having it generate' });
  const how = { engine, tokens: LOAD_TEST_TOKENS, skip: false, summary: null, signal };
  const { report, warnings } = await runLoadTest({ kind: 'gguf', paths: [path] }, how);
  return { tokensPerSecond: report.tokens_per_second, warnings };
}

const LOAD_TEST_TOKENS = 16;

function hashFile(path: string, { onProgress, signal }: MakeQuantizationsOptions): Promise<string> {
  return withFileSource(path, (source) => {
    let doneBytes = 0;
    const onBytes = (sizeBytes: number): void => {
      doneBytes += sizeBytes;
      onProgress?.({ kind: 'bytes', step: 'hash', doneBytes, totalBytes: source.sizeBytes });
    };
    return hashSource(source, { onBytes, ...(signal !== undefined && { signal }) });
  });
}

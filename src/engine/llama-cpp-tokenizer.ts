/** The tokenizer that llama.cpp finds in a GGUF, run in a contained process; weights are neither read nor needed. */
import { resolve } from 'node:path';

import { throwIfAborted } from '../core/index.ts';
import { compiledSibling } from '../system/index.ts';
import { notInstalled } from './llama-cpp-failures.ts';
import { findInstalledVersion } from './llama-cpp-package.ts';
import { startModelProcess } from './llama-cpp-process.ts';
import { tokenizerReply, tokenListsReply } from './llama-cpp-protocol.ts';
import type { EngineLimits } from './types.ts';

export interface LoadTokenizerOptions {
  readonly limits: EngineLimits;
  readonly signal?: AbortSignal | undefined;
  /** The module that runs in the contained process. */
  readonly childPath?: string | URL;
  /** The module from which node-llama-cpp is looked for. */
  readonly resolveFrom?: string | URL;
}

export interface LoadedTokenizer {
  readonly vocabularySize: number;
  /** The tokens that are put before every text: none or one. */
  readonly beginning: readonly number[];
  /** The tokens that are put after every text: none or one. */
  readonly ending: readonly number[];
  /**
   * The tokens of each text, without `beginning` and `ending`. `readsSpecial`: whether the text of a special token becomes
   * that token. Throws what every call to a loaded model throws.
   */
  tokenizeAll(
    texts: readonly string[],
    options: { readonly readsSpecial: boolean },
  ): Promise<readonly (readonly number[])[]>;
  /** Ends the process. Safe to call twice. */
  close(): Promise<void>;
}

/** Throws `ENGINE_NOT_INSTALLED`, `ENGINE_LOAD_FAILED`, `ENGINE_CRASHED`, `ENGINE_TIMED_OUT`, `ENGINE_OUT_OF_MEMORY`, `CORE_INTERRUPTED`. */
export async function loadTokenizer(
  path: string,
  {
    limits,
    signal,
    childPath = compiledSibling('llama-cpp-child', import.meta.url),
    resolveFrom = import.meta.url,
  }: LoadTokenizerOptions,
): Promise<LoadedTokenizer> {
  throwIfAborted(signal);
  if ((await findInstalledVersion(resolveFrom)) === null) throw notInstalled('it is not installed');
  const process = await startModelProcess({ modulePath: childPath, path: resolve(path), limits, signal });
  try {
    const facts = await process.ask({ kind: 'load-tokenizer', path: resolve(path) }, tokenizerReply);
    return {
      ...facts,
      tokenizeAll: (texts, { readsSpecial }) =>
        process.ask({ kind: 'tokenize-all', texts, readsSpecial }, tokenListsReply),
      close: () => process.close(),
    };
  } catch (error) {
    await process.close();
    throw error;
  }
}

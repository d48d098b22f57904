/**
 * Holds the tokenizer of a converted model against the one it was made from: llama.cpp and the tokenizer of Hugging Face cut
 * the same texts, and every token must be the same.
 */
import { escapeText, type JsonObject, type OnProgress, type Warning } from '../core/index.ts';
import { loadLlamaCppTokenizer, type LoadedTokenizer } from '../engine/index.ts';
import { checkStrings, type CheckStrings } from './check-strings.ts';
import { QuantizeFailure } from './error.ts';
import { CHECK_MEMORY_BYTES, CHECK_WALL_MS } from './limits.ts';
import { toReference } from './reference-definition.ts';
import { runReference } from './reference-process.ts';
import { AROUND, type ReferenceTokens } from './reference-protocol.ts';

export interface CheckTokensOptions {
  /** The GGUF. */
  readonly path: string;
  /** tokenizer.json of the model that it was made from. */
  readonly tokenizer: JsonObject;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What llama.cpp is known to leave out is among the warnings. Throws `CONVERT_TOKENS_DIFFER` at the first text that is cut
 * otherwise, `CONVERT_TOKENS_UNCHECKED`, `ENGINE_*`, `CORE_INTERRUPTED`.
 */
export async function checkTokens({
  path,
  tokenizer,
  onProgress,
  signal,
}: CheckTokensOptions): Promise<readonly Warning[]> {
  const strings = checkStrings(tokenizer);
  const count = strings.withSpecial.length + strings.asText.length;
  onProgress?.({ kind: 'step', step: 'check-tokens', message: `Comparing the tokens of ${count} texts` });
  const { definition, warnings } = toReference(tokenizer);
  const limits = { memoryBytes: CHECK_MEMORY_BYTES, wallMs: CHECK_WALL_MS };
  const [reference, loaded] = await Promise.allSettled([
    runReference(definition, strings, { signal }),
    loadLlamaCppTokenizer(path, { limits, signal }),
  ]);
  try {
    if (loaded.status === 'rejected') throw loaded.reason;
    if (reference.status === 'rejected') throw reference.reason;
    await compare(loaded.value, strings, reference.value);
  } finally {
    if (loaded.status === 'fulfilled') await loaded.value.close();
  }
  return warnings;
}

async function compare(
  made: LoadedTokenizer,
  strings: CheckStrings,
  expected: ReferenceTokens,
): Promise<void> {
  const [around = []] = await made.tokenizeAll([AROUND], { readsSpecial: false });
  assertSame([AROUND], {
    expected: [expected.around],
    received: [[...made.beginning, ...around, ...made.ending]],
    how: 'with what begins and ends a text',
  });
  assertSame(strings.asText, {
    expected: expected.asText,
    received: await made.tokenizeAll(strings.asText, { readsSpecial: false }),
    how: 'with special tokens taken for text',
  });
  assertSame(strings.withSpecial, {
    expected: expected.withSpecial,
    received: await made.tokenizeAll(strings.withSpecial, { readsSpecial: true }),
    how: 'with special tokens',
  });
}

interface Cuts {
  readonly expected: readonly (readonly number[])[];
  readonly received: readonly (readonly number[])[];
  readonly how: string;
}

function assertSame(texts: readonly string[], { expected, received, how }: Cuts): void {
  for (const [index, text] of texts.entries()) {
    const wanted = expected[index] ?? [];
    const found = received[index] ?? [];
    if (wanted.length === found.length && wanted.every((id, at) => id === found[at])) continue;
    throw differs(text, { wanted, found, how });
  }
}

function differs(
  text: string,
  {
    wanted,
    found,
    how,
  }: { readonly wanted: readonly number[]; readonly found: readonly number[]; readonly how: string },
): QuantizeFailure {
  const at = wanted.findIndex((id, index) => id !== found[index]);
  const first = at === -1 ? wanted.length : at;
  const shown = escapeText(JSON.stringify(text), MAX_SHOWN_CHARACTERS);
  return new QuantizeFailure(
    'CONVERT_TOKENS_DIFFER',
    `The converted tokenizer cuts ${shown} otherwise than tokenizer.json does (${how}), from token ${first + 1} on. Nothing was kept.`,
    {
      details: {
        text: shown,
        expected: showIds(wanted, first),
        received: showIds(found, first),
        first_difference: first,
      },
    },
  );
}

const MAX_SHOWN_CHARACTERS = 200;
const MAX_SHOWN_IDS = 40;

/** Around the first difference, where there are too many to show. */
function showIds(ids: readonly number[], first: number): string {
  const start = Math.max(0, Math.min(first - MAX_SHOWN_IDS / 2, ids.length - MAX_SHOWN_IDS));
  const shown = ids.slice(start, start + MAX_SHOWN_IDS).join(' ');
  const before = start > 0 ? '… ' : '';
  return ids.length > start + MAX_SHOWN_IDS ? `${before}${shown} …` : `${before}${shown || 'no token'}`;
}

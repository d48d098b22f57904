/** The parent's end of the contained process that runs a tokenizer of Hugging Face: one order, one answer, within limits. */
import { CoreFailure, escapeText, formatDuration, type JsonObject } from '../core/index.ts';
import { compiledSibling, spawnContained, type ContainedEnd } from '../system/index.ts';
import type { CheckStrings } from './check-strings.ts';
import { QuantizeFailure } from './error.ts';
import { CHECK_WALL_MS, REFERENCE_MEMORY_BYTES } from './limits.ts';
import { referenceMessage, type ReferenceTokens } from './reference-protocol.ts';

export interface ReferenceOptions {
  readonly signal?: AbortSignal | undefined;
  readonly wallMs?: number;
  /** The module that runs in the process. */
  readonly childPath?: string | URL;
}

/** Throws `CONVERT_TOKENS_UNCHECKED`, `CORE_INTERRUPTED`. */
export async function runReference(
  definition: JsonObject,
  strings: CheckStrings,
  {
    signal,
    wallMs = CHECK_WALL_MS,
    childPath = compiledSibling('reference-child', import.meta.url),
  }: ReferenceOptions = {},
): Promise<ReferenceTokens> {
  const child = await spawnContained(
    { kind: 'module', modulePath: childPath },
    { limits: { dataBytes: REFERENCE_MEMORY_BYTES, wallMs }, ...(signal === undefined ? {} : { signal }) },
  );
  let tokens: ReferenceTokens | null = null;
  let reason: string | null = null;
  child.onMessage((received) => {
    const message = referenceMessage.safeParse(received);
    if (!message.success) reason = 'its answer is malformed';
    else if (message.data.kind === 'unusable') reason = message.data.reason;
    else tokens = message.data.value;
  });
  child.send({
    definition,
    strings: { withSpecial: [...strings.withSpecial], asText: [...strings.asText] },
  });
  const end = await child.ended;
  if (tokens !== null) return tokens;
  if (end.kind === 'cancelled') {
    throw new CoreFailure('CORE_INTERRUPTED', 'Interrupted while the tokenizer was checked.');
  }
  const received = escapeText(reason ?? endOf(end, lastLine(child.stderrTail())), 300);
  throw new QuantizeFailure(
    'CONVERT_TOKENS_UNCHECKED',
    `The tokenizer of the model could not be run for comparison: ${received}.`,
    { details: { expected: 'tokens of every text', received } },
  );
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
}

function endOf(end: Exclude<ContainedEnd, { kind: 'cancelled' }>, lastWords: string): string {
  const words = lastWords === '' ? '' : `, after saying "${lastWords}"`;
  switch (end.kind) {
    case 'timed-out':
      return `it was not done after ${formatDuration(end.limitMs)}`;
    case 'out-of-memory':
      return `it needed more memory than it may have (${end.evidence})`;
    case 'exited':
      return `its process ended by itself with ${end.code}${words}`;
    case 'signalled':
      return `its process ended by ${end.signal}${words}`;
    case 'not-started':
      return `its process could not be started (${end.reason})`;
  }
}

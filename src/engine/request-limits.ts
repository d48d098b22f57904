/** What may be asked of a model at all, whichever engine runs it. */
import { EngineFailure } from './error.ts';
import { MAX_GENERATED_TOKENS, MAX_GRAMMAR_BYTES, MAX_TEXT_BYTES } from './limits.ts';

/** Throws `ENGINE_REQUEST_INVALID`. */
export function assertTokenCount(path: string, tokens: number): void {
  if (Number.isInteger(tokens) && tokens >= 1 && tokens <= MAX_GENERATED_TOKENS) return;
  throw invalidRequest(path, `a whole number of tokens from 1 to ${MAX_GENERATED_TOKENS}`, String(tokens));
}

/** Throws `ENGINE_REQUEST_INVALID`. */
export function assertText(path: string, text: string): void {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= MAX_TEXT_BYTES) return;
  throw invalidRequest(path, `at most ${MAX_TEXT_BYTES} bytes of text`, `${sizeBytes} bytes`);
}

/** Throws `ENGINE_GRAMMAR_INVALID`. */
export function assertGrammar(path: string, grammar: string): void {
  const sizeBytes = Buffer.byteLength(grammar);
  if (sizeBytes <= MAX_GRAMMAR_BYTES && !grammar.includes('\0')) return;
  const expected = `at most ${MAX_GRAMMAR_BYTES} bytes of text`;
  const received = sizeBytes <= MAX_GRAMMAR_BYTES ? 'text with a NUL' : `${sizeBytes} bytes`;
  throw new EngineFailure('ENGINE_GRAMMAR_INVALID', `A grammar has ${expected}; it was ${received}.`, {
    details: { path, expected, received },
  });
}

function invalidRequest(path: string, expected: string, received: string): EngineFailure {
  return new EngineFailure(
    'ENGINE_REQUEST_INVALID',
    `A model is asked with ${expected}; it was ${received}.`,
    { details: { path, expected, received } },
  );
}

/** Turns tokens into text as they come: only whole characters, although a token may hold a part of one. */

export interface TokenText {
  /** The text that this token makes certain; empty while a character is incomplete. */
  push(token: number): string;
  /** What is left, incomplete as it may be. */
  end(): string;
}

/**
 * `before`: tokens that came first. What a token says depends on its neighbours: SentencePiece drops a space at the very
 * beginning of a text, so that the first token must not be read as if nothing stood before it.
 */
export function tokenText(
  detokenize: (tokens: readonly number[]) => string,
  { before = [] }: { readonly before?: readonly number[] } = {},
): TokenText {
  let context = before.slice(-CONTEXT_TOKENS);
  let pending: number[] = [];
  const release = (): string => {
    const head = detokenize(context);
    const whole = detokenize([...context, ...pending]);
    return whole.startsWith(head) ? whole.slice(head.length) : detokenize(pending);
  };
  const settle = (): void => {
    context = [...context, ...pending].slice(-CONTEXT_TOKENS);
    pending = [];
  };
  return {
    push(token) {
      pending.push(token);
      const text = release();
      if (text.endsWith(INCOMPLETE) && pending.length < MAX_PENDING_TOKENS) return '';
      settle();
      return text;
    },
    end() {
      const text = pending.length === 0 ? '' : release();
      settle();
      return text;
    },
  };
}

/** What a decoder puts in the place of bytes that are no character, or not yet. */
const INCOMPLETE = '\uFFFD';

/** Enough that the space at the beginning falls into the part that is cut off. */
const CONTEXT_TOKENS = 8;

/** A character has at most four bytes and a token at least one; a few that begin in one token and end in the next. */
const MAX_PENDING_TOKENS = 16;

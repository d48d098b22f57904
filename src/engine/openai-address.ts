/** Where a server is, and the key for it: both checked before anything is sent. */
import { escapeText } from '../core/index.ts';
import { EngineFailure } from './error.ts';

export interface OpenAiAddress {
  /** As it stands in records: without `/v1`, and without anything secret. */
  readonly base: string;
  /** A page of the API, `chat/completions`. */
  api(page: string): URL;
  /** A page beside it, `health`. */
  beside(page: string): URL;
  /** Whether what is sent can be read on the way to another machine. */
  readonly isClear: boolean;
}

/** Takes the address with or without `/v1` at the end, as people write it. Throws `ENGINE_ADDRESS_INVALID`. */
export function parseAddress(text: string): OpenAiAddress {
  if (!URL.canParse(text)) throw invalid('an address such as http://127.0.0.1:8080', escapeText(text));
  const url = new URL(text);
  const { protocol, username, password, search, hash, hostname } = url;
  // Not quoted: what stands before the @ is a secret.
  if (username !== '' || password !== '') throw invalid('no user and no password', 'an address with one');
  if (protocol !== 'http:' && protocol !== 'https:')
    throw invalid('http or https', escapeText(protocol.replace(/:$/, '')));
  if (search !== '' || hash !== '') throw invalid('no query and no fragment', escapeText(search + hash));
  const base = url.href.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
  return {
    base,
    api: (page) => new URL(`${base}/v1/${page}`),
    beside: (page) => new URL(`${base}/${page}`),
    isClear: protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname),
  };
}

/** The key that a variable holds. Throws `ENGINE_KEY_UNUSABLE`, which never quotes it. */
export function readApiKey(variable: string, env: Readonly<Record<string, string | undefined>>): string {
  const key = env[variable]?.trim() ?? '';
  // What a header can carry (RFC 9110, section 5.5), without blanks (RFC 6750, section 2.1).
  if (/^[\x21-\x7e]{1,4096}$/.test(key)) return key;
  throw new EngineFailure(
    'ENGINE_KEY_UNUSABLE',
    `The environment variable ${escapeText(variable)} holds no key that could be sent.`,
    {
      details: {
        expected: 'one word of printable ASCII characters',
        received: key === '' ? 'nothing' : 'something else',
      },
    },
  );
}

function invalid(expected: string, received: string): EngineFailure {
  return new EngineFailure(
    'ENGINE_ADDRESS_INVALID',
    `The address of the server cannot be used: expected ${expected}, got ${received}.`,
    { details: { expected, received } },
  );
}

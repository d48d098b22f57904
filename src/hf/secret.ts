/** Finds keys and access tokens that were left in a text: a bundle goes to many machines. Pure. */
import { textWindows } from './text.ts';

/** What was found, as the end of a sentence; never the secret itself. */
export function findSecret(bytes: Uint8Array): string | null {
  for (const window of textWindows(bytes, LONGEST_MATCH_BYTES)) {
    for (const [what, pattern] of SECRETS) {
      for (const [found] of window.matchAll(pattern)) if (!isPlaceholder(found)) return what;
    }
  }
  return null;
}

const LONGEST_MATCH_BYTES = 512;

/** The forms that their makers document, long enough not to be met in a vocabulary. */
const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  // With some of its body: a card may speak of such a line. In JSON its line feeds are written \n.
  [
    'a private key',
    /-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\[rn]|\s|[A-Za-z-]{4,20}: [^\n]{0,80}){1,12}[A-Za-z0-9+/=]{32}/g,
  ],
  ['a PuTTY private key', /PuTTY-User-Key-File-[23]: /g],
  ['a private age key', /AGE-SECRET-KEY-1[0-9A-Z]{40}/g],
  ['an access token of Hugging Face', /\b(?:hf|api_org)_[A-Za-z0-9]{34}/g],
  ['an access token of GitHub', /\b(?:gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})/g],
  ['an access key of AWS', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['a secret key of AWS', /aws_secret_access_key["']?\s{0,4}[=:]\s{0,4}["']?[A-Za-z0-9/+]{40}/gi],
  ['an API key of Google', /\bAIza[A-Za-z0-9_-]{35}/g],
  ['an API key of OpenAI or Anthropic', /\bsk-(?:proj-|ant-|svcacct-)[A-Za-z0-9_-]{32}/g],
  ['an API key of OpenAI', /\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}/g],
  ['an access token of Slack', /\bxox[abeoprs]-[0-9A-Za-z-]{24}/g],
  ['an access token of GitLab', /\bglpat-[A-Za-z0-9_-]{20}/g],
  ['an access token of npm', /\bnpm_[A-Za-z0-9]{36}/g],
];

/** `hf_xxxxxxxx…`, `AKIAIOSFODNN7EXAMPLE`: what a card shows instead of a real one. */
function isPlaceholder(found: string): boolean {
  if (/EXAMPLE$/i.test(found)) return true;
  return new Set(found.slice(-20)).size < 6;
}

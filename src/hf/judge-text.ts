/** Judges a file that is plain text throughout: what kind of text, and whether it is something else besides. Pure. */
import { escapeText } from '../core/index.ts';
import { HfFailure } from './error.ts';
import { describeJsonFault, readJsonFacts, type JsonFacts } from './json-facts.ts';
import { MAX_JSON_LINES } from './limits.ts';
import { leftOut, unsafe, type Judgement, type UnsafeJudgement } from './judgement.ts';
import { hasEmbeddedPickle, walkPickle } from './pickle.ts';
import { findScript } from './script.ts';
import { findSecret } from './secret.ts';
import { textLines } from './text.ts';

/** Throws `HF_JSON_INVALID` for a .json file that is no JSON. */
export function judgeText(path: string, bytes: Uint8Array): Judgement {
  const isNamedJson = /\.json$/i.test(path);
  const opening = firstCharacter(bytes);
  const reading = isNamedJson || opening === '{' || opening === '[' ? readJsonFacts(bytes) : null;
  const json = reading?.ok === true ? reading.facts : null;
  const danger = findDanger(bytes, json);
  if (danger !== null) return json === null ? danger : { ...danger, json };
  if (json !== null) return json.isNotebook ? leftOut('a notebook') : { kind: 'ships', format: 'json', json };
  const lines = opening === '{' || opening === '[' ? readJsonLines(bytes) : null;
  if (lines !== null) return findRemoteCode(lines) ?? { kind: 'ships', format: 'json-lines' };
  // What is named .json is read as such; anything else may be a template that begins with a brace.
  if (isNamedJson && reading?.ok === false) {
    throw new HfFailure('HF_JSON_INVALID', `${escapeText(path)} is not valid JSON.`, {
      details: { path, expected: 'JSON (RFC 8259)', received: describeJsonFault(reading) },
    });
  }
  const markup = findMarkup(bytes);
  if (markup !== null) return leftOut(markup);
  return { kind: 'ships', format: isTiktoken(bytes) ? 'tiktoken' : 'text' };
}

function findDanger(bytes: Uint8Array, json: JsonFacts | null): UnsafeJudgement | null {
  const secret = findSecret(bytes);
  if (secret !== null) return unsafe('secret', `a file with ${secret} in it`);
  // JSON has no room for the others: a pickle does not begin as it does, and its texts have no line feeds.
  if (json !== null) return findRemoteCode(json);
  if (walkPickle(bytes) !== null) {
    return unsafe('pickle', 'a Python pickle (protocol 0), which may run code when it is loaded');
  }
  if (hasEmbeddedPickle(bytes)) {
    return unsafe('pickle', 'a text with a Python pickle in it, which may run code when it is loaded');
  }
  const script = findScript(bytes);
  return script === null ? null : unsafe('script', script);
}

function findRemoteCode({ remoteCodeKey, hasLambda }: JsonFacts): UnsafeJudgement | null {
  if (remoteCodeKey !== null) {
    return unsafe('remote-code', `a file that names Python code of its own (${remoteCodeKey})`);
  }
  return hasLambda
    ? unsafe('foreign-model', 'a Keras model with a Lambda layer, which carries byte code')
    : null;
}

/** One document on each line, objects or lists; null where one is not, or where there are too many to look at. */
function readJsonLines(bytes: Uint8Array): JsonFacts | null {
  let worst: JsonFacts | null = null;
  let lineCount = 0;
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(start, end);
    start = end + 1;
    if (firstCharacter(line) === null) continue;
    lineCount += 1;
    if (lineCount > MAX_JSON_LINES) return null;
    const reading = readJsonFacts(line);
    if (!reading.ok || (reading.facts.kind !== 'object' && reading.facts.kind !== 'array')) return null;
    if (worst === null || reading.facts.remoteCodeKey !== null || reading.facts.hasLambda)
      worst = reading.facts;
  }
  return worst;
}

function firstCharacter(bytes: Uint8Array): string | null {
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return String.fromCharCode(byte);
  }
  return null;
}

/** Markup is text that a browser may run, and PDF may be written as text. */
function findMarkup(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
  const opening = start.replace(/^\xef\xbb\xbf/, '').replace(/^(?:\s|<!--[^]*?-->)+/, '');
  if (/^<(?:\?xml|!doctype|html|svg|script|head|body|iframe)\b/i.test(opening)) {
    return 'markup (HTML, SVG or XML), which a browser may run';
  }
  return opening.startsWith('%PDF-') ? 'a document (PDF)' : null;
}

/** A token in base64 and its rank on every line (openai/tiktoken, load.py). */
function isTiktoken(bytes: Uint8Array): boolean {
  let count = 0;
  for (const line of textLines(bytes, 4096)) {
    if (line === '') continue;
    if (!/^[A-Za-z0-9+/]+={0,2} \d{1,9}$/.test(line)) return false;
    count += 1;
  }
  return count > 0;
}

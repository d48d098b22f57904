/**
 * The journal of a target: append-only, one JSON object a line, fsynced, each line written before the state it names is
 * entered. It is the truth; records are copies.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  decodeUtf8,
  isJsonObject,
  messageOf,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../core/index.ts';
import {
  openFileSource,
  syncDirectory,
  SystemFailure,
  toSystemFailure,
  type ProcessFacts,
} from '../system/index.ts';
import { DeployFailure } from './error.ts';
import { isAdoptedId, isReleaseId, isTransactionId } from './layout.ts';
import { END_STATES, REMOVAL_STATES, WORKING_STATES, type RemovalState, type State } from './machine.ts';
import { MAX_JOURNAL_BYTES } from './limits.ts';
import type { Verdict } from './types.ts';

/** One line: of a change to what is live, of a release that goes, or of a policy that a person accepted. */
export type JournalLine = RunLine | RemovalLine | PolicyLine;

export interface RunLine extends LineOfRelease {
  readonly kind: 'deploy' | 'rollback';
  readonly state: State;
}

/** From `removing` on the release is not offered any more; `kept` takes that back. */
export interface RemovalLine extends LineOfRelease {
  readonly kind: 'prune';
  readonly state: RemovalState;
}

/** Another policy than before binds the target from here on, or none: `facts` say which. It changes no release. */
export interface PolicyLine extends LineOfRelease {
  readonly kind: 'policy';
  readonly state: 'accepted';
}

/** The order of lines is `seq`, never a clock: small machines boot in the past. */
interface LineOfRelease {
  readonly seq: number;
  /** The deployment, rollback, pruning or acceptance that this line belongs to. */
  readonly transaction: string;
  readonly at: string;
  /** The release that was live before, or null; of a removal, the one that is live. */
  readonly from: string | null;
  /** The release that is to be live; of a removal, the one that goes. */
  readonly to: string;
  readonly version: string;
  readonly bundle_id: string;
  readonly artifact_sha256: string;
  readonly who: ProcessFacts & { readonly user: string };
  readonly why: string | null;
  /** On the first line of a transaction: the whole plan, for whoever resumes. On later ones: what the step found. */
  readonly facts: JsonObject;
  /** What this line makes known of releases. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

/**
 * Reads all whole lines; a torn last line (a power cut while appending) counts as never written. Throws
 * `DEPLOY_JOURNAL_DAMAGED`, `SYSTEM_*`.
 */
export async function readJournal(path: string): Promise<readonly JournalLine[]> {
  const lines = toText(await readBytes(path), path).split('\n');
  // What follows the last newline was never finished.
  lines.pop();
  return lines.map((line, index) => parseLine(line, index, path));
}

/** Appends one line and makes it durable; if that fails, the journal is as it was. Throws `SYSTEM_*`. */
export async function appendJournal(path: string, line: JournalLine): Promise<void> {
  try {
    const handle = await open(path, APPEND, 0o644);
    try {
      const sizeBytes = await dropTornLine(handle);
      try {
        await handle.writeFile(`${JSON.stringify(line)}\n`);
        await handle.sync();
        if (sizeBytes === 0) await syncDirectory(dirname(path));
      } catch (error) {
        // A line that may or may not survive must not be followed by another of the same number.
        await handle.truncate(sizeBytes).catch(() => undefined);
        throw error;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

// O_NONBLOCK: opening a pipe that somebody placed here must not wait for its reader.
const APPEND =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const source = await openFileSource(path, { followLinks: false });
    try {
      const { sizeBytes } = source;
      if (sizeBytes > MAX_JOURNAL_BYTES) {
        throw damaged(path, `it has ${sizeBytes} bytes, more than a journal can have (${MAX_JOURNAL_BYTES})`);
      }
      return await source.read(0, sizeBytes);
    } finally {
      await source.close();
    }
  } catch (error) {
    if (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_MISSING') return new Uint8Array();
    throw error;
  }
}

/** Only the whole lines: a line may be torn in the middle of a character. */
function toText(bytes: Uint8Array, path: string): string {
  try {
    return decodeUtf8(bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1), path);
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause);
  }
}

const NEWLINE = 0x0a;
const TAIL_BYTES = 64 * 1024;

/** Cuts off what follows the last newline; gives the size that is left. */
async function dropTornLine(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const tail = Buffer.alloc(Math.min(TAIL_BYTES, size));
  for (let end = size; end > 0; end -= TAIL_BYTES) {
    const start = Math.max(0, end - TAIL_BYTES);
    const { bytesRead } = await handle.read(tail, 0, end - start, start);
    const last = tail.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (last < 0) continue;
    const whole = start + last + 1;
    if (whole < size) await handle.truncate(whole);
    return whole;
  }
  if (size > 0) await handle.truncate(0);
  return 0;
}

function parseLine(text: string, index: number, path: string): JournalLine {
  let value: JsonValue;
  try {
    value = parseJson(text, { name: `line ${index + 1} of ${path}` });
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause);
  }
  if (!isJournalLine(value)) throw damaged(path, `line ${index + 1} is not a line of a journal`);
  if (value.seq !== index + 1) throw damaged(path, `line ${index + 1} has the sequence number ${value.seq}`);
  return value;
}

function isJournalLine(value: JsonValue): value is JsonValue & JournalLine {
  if (!isJsonObject(value)) return false;
  const texts = ['at', 'version', 'bundle_id', 'artifact_sha256'];
  return (
    Number.isSafeInteger(value['seq']) &&
    texts.every((key) => typeof value[key] === 'string') &&
    // Folders are removed and records written by these names.
    isName(value['transaction'], isTransactionId) &&
    isName(value['to'], isReleaseId) &&
    (value['from'] === null || isName(value['from'], isReleaseId)) &&
    // A deployment makes a release of its own; only a rollback leads to one that was adopted.
    !(value['kind'] === 'deploy' && isName(value['to'], isAdoptedId)) &&
    statesOf(value['kind']).includes(value['state'] ?? null) &&
    (value['why'] === null || typeof value['why'] === 'string') &&
    isJsonObject(value['who']) &&
    isJsonObject(value['facts']) &&
    isVerdicts(value['verdicts'])
  );
}

function statesOf(kind: JsonValue | undefined): readonly JsonValue[] {
  if (kind === 'prune') return REMOVAL_STATES;
  if (kind === 'policy') return ['accepted'];
  return kind === 'deploy' || kind === 'rollback' ? [...WORKING_STATES, ...END_STATES] : [];
}

function isName(value: JsonValue | undefined, isSuch: (text: string) => boolean): boolean {
  return typeof value === 'string' && isSuch(value);
}

function isVerdicts(value: JsonValue | undefined): boolean {
  return (
    isJsonObject(value) &&
    Object.values(value).every((item) => item === 'good' || item === 'bad' || item === 'unknown')
  );
}

function damaged(path: string, reason: string, cause?: unknown): DeployFailure {
  const sentence = `The journal ${path} cannot be read: ${reason.replace(/\.$/, '')}.`;
  return new DeployFailure('DEPLOY_JOURNAL_DAMAGED', sentence, {
    details: { path },
    cause,
  });
}

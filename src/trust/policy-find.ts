/**
 * Finds the policy that binds a target: the first that exists. One that exists and cannot be followed is a refusal, never a
 * reason to look further.
 */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { escapeText, quoteWord } from '../core/index.ts';
import {
  hashBytes,
  openFileSource,
  SystemFailure,
  toSystemFailure,
  type FileSource,
} from '../system/index.ts';
import { TrustFailure } from './error.ts';
import { MAX_POLICY_BYTES } from './limits.ts';
import type { FoundPolicy, PolicyPlace } from './policy.ts';

/** Of the machine: whoever deploys need not have the right to write it. */
export const SYSTEM_POLICY_FILE = '/etc/milton/policy.json';

export const POLICY_FILE_NAME = 'policy.json';

export interface PolicyPlaces {
  /** The target's hidden folder. */
  readonly targetState: string;
  readonly stateDirectory: string;
  /** No flag and no variable sets it: whoever may run the command must not be able to pass over the owner's file. */
  readonly systemFile?: string | undefined;
}

/** Where a policy is looked for, in this order. */
export function policyPaths({
  targetState,
  stateDirectory,
  systemFile = SYSTEM_POLICY_FILE,
}: PolicyPlaces): Readonly<Record<PolicyPlace, string>> {
  return {
    system: systemFile,
    target: join(targetState, POLICY_FILE_NAME),
    state: join(stateDirectory, POLICY_FILE_NAME),
  };
}

/** Null where there is none. Throws `TRUST_POLICY_INVALID`, `TRUST_POLICY_UNSAFE`, `SYSTEM_FILE_*`. */
export async function findPolicy(places: PolicyPlaces): Promise<FoundPolicy | null> {
  const { system, target, state } = policyPaths(places);
  return (
    (await loadIfThere(system, 'system')) ??
    (await loadIfThere(target, 'target')) ??
    (await loadIfThere(state, 'state'))
  );
}

/** Throws `TRUST_POLICY_INVALID`, `TRUST_POLICY_UNSAFE`, `SYSTEM_FILE_*`. */
export async function loadPolicy(path: string, place: PolicyPlace | null = null): Promise<FoundPolicy> {
  const bytes = await readPolicy(path);
  // Most machines have none, and pay for no schema.
  const { parsePolicy } = await import('./policy-parse.ts');
  const policy = await parsePolicy(bytes, { name: escapeText(path) });
  return { policy, path, place, sha256: hashBytes(bytes) };
}

async function loadIfThere(path: string, place: PolicyPlace): Promise<FoundPolicy | null> {
  try {
    return await loadPolicy(path, place);
  } catch (error) {
    if (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_MISSING') return null;
    throw error;
  }
}

async function readPolicy(path: string): Promise<Uint8Array> {
  let source: FileSource;
  try {
    source = await openFileSource(path, { followLinks: false });
  } catch (error) {
    if (!(error instanceof SystemFailure) || error.code !== 'SYSTEM_FILE_NOT_REGULAR') throw error;
    throw unsafe(path, 'no regular file', error);
  }
  try {
    await assertSafe(path, source);
    if (source.sizeBytes > MAX_POLICY_BYTES) {
      throw new TrustFailure('TRUST_POLICY_INVALID', `${escapeText(path)} is larger than any policy.`, {
        details: {
          file: path,
          expected: `at most ${MAX_POLICY_BYTES} bytes`,
          received: `${source.sizeBytes} bytes`,
        },
      });
    }
    return await source.read(0, source.sizeBytes);
  } finally {
    await source.close();
  }
}

/** Of root, of this user, or of whoever owns the folder and could replace it anyway; writable for nobody else. */
async function assertSafe(path: string, source: FileSource): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    const file = await source.handle.stat();
    const folder = await stat(dirname(path));
    if (![0, process.getuid?.(), folder.uid].includes(file.uid))
      throw unsafe(path, `a file of user ${file.uid}`);
    if ((file.mode & 0o002) !== 0) throw unsafe(path, 'writable for everybody');
    // Even in a sticky folder anybody could have placed it there.
    if ((folder.mode & 0o002) !== 0) throw unsafe(path, 'in a folder that everybody may write in');
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

function unsafe(path: string, received: string, cause?: unknown): TrustFailure {
  return new TrustFailure(
    'TRUST_POLICY_UNSAFE',
    `The policy ${escapeText(path)} cannot be relied on: it is ${received}.`,
    {
      details: {
        file: path,
        expected: 'a regular file of root or of this user that nobody else can write',
        received,
      },
      hint: `Look at who could have written it: ls -l ${quoteWord(path)}`,
      cause,
    },
  );
}

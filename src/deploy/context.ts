/** What every job on a target is given: where, with which engine, by whose clock, and how loudly. */
import { userInfo } from 'node:os';
import process from 'node:process';
import type { OnProgress } from '../core/index.ts';
import { Failure } from '../core/index.ts';
import type { Engine } from '../engine/index.ts';
import {
  readProcess,
  SystemFailure,
  withLock,
  type Clock,
  type ProcessFacts,
  type StateDirectory,
} from '../system/index.ts';
import type { Exchange } from './adopt.ts';
import { DeployFailure } from './error.ts';
import type { TargetLayout } from './layout.ts';

export interface DeployContext {
  readonly layout: TargetLayout;
  readonly state: StateDirectory;
  /** The embedded one. */
  readonly engine: Engine;
  /** Makes an engine of a server that somebody chose. */
  readonly openServer?:
    ((server: { readonly path: string; readonly flags: readonly string[] }) => Promise<Engine>) | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for another run on this target; 0 or nothing refuses at once. */
  readonly waitMs?: number | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Makes two names change places, for an adoption; left out, as this machine can; null where it must do without. */
  readonly exchange?: Exchange | null | undefined;
  /** Where the owner of the machine keeps its policy; left out, where every machine has it. For tests and the demo: no flag and no variable sets it. */
  readonly systemPolicyFile?: string | undefined;
  /** Keeps an impatient interrupt from ending the process while the link is being changed or put back. */
  readonly shield?: Shield | undefined;
}

export type Shield = <T>(work: () => Promise<T>) => Promise<T>;

/** Who changes the target, for the journal. */
export async function readWho(): Promise<ProcessFacts & { readonly user: string }> {
  return { ...(await readProcess()), user: readUser() };
}

/** Runs a change while no other can. Throws `TARGET_BUSY` with the holder. */
export async function withTargetLock<T>(
  { layout, waitMs = 0, signal }: Pick<DeployContext, 'layout' | 'waitMs' | 'signal'>,
  command: string,
  use: () => Promise<T>,
): Promise<T> {
  let isHeld = false;
  try {
    return await withLock(
      layout.lockFile,
      { command, waitMs, ...(signal !== undefined && { signal }) },
      () => {
        isHeld = true;
        return use();
      },
    );
  } catch (error) {
    if (isHeld || !(error instanceof SystemFailure) || error.code !== 'SYSTEM_LOCK_BUSY') throw error;
    throw new DeployFailure('TARGET_BUSY', `${layout.targetPath} is being changed: ${error.message}`, {
      details: error.details,
      cause: error,
    });
  }
}

/** A failure with the state that the target is in now. */
export function aboutTarget(
  error: unknown,
  layout: TargetLayout,
  aftermath: 'unchanged' | 'rolled-back' | 'partial',
): unknown {
  if (!(error instanceof Failure)) return error;
  return error.inContext({ aftermath, details: { target: layout.targetPath } });
}

function readUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an account, as in many containers.
    return String(process.getuid?.() ?? 'unknown');
  }
}

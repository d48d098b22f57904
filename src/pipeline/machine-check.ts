/** One thing that a deployment depends on, as it is on this machine: found, expected, what the difference costs, what to type. */

/**
 * `ok` · `degraded`: a deployment does without, at a cost · `missing`: what a deployment needs is not there · `failed`: it
 * is there, and does not do.
 */
export type CheckStatus = 'ok' | 'degraded' | 'missing' | 'failed';

export interface MachineCheck {
  /** Permanent. A check that is made of several places has the same in each, and another `path`. */
  readonly id: string;
  readonly status: CheckStatus;
  /** The place that it is about; null where it is about the machine. */
  readonly path: string | null;
  readonly found: string;
  readonly expected: string;
  /** What is lost; null where it is ok. */
  readonly costs: string | null;
  /** A command to type, or what to do; null where it is ok, or nothing helps. */
  readonly fix: string | null;
}

/** Whether a deployment finds what it needs. */
export function isFit(checks: readonly MachineCheck[]): boolean {
  return checks.every(({ status }) => status === 'ok' || status === 'degraded');
}

type Subject = Pick<MachineCheck, 'id' | 'found' | 'expected'> & { readonly path?: string };

export function ok(subject: Subject): MachineCheck {
  return { path: null, ...subject, status: 'ok', costs: null, fix: null };
}

export function lacking(
  status: Exclude<CheckStatus, 'ok'>,
  subject: Subject & { readonly costs: string; readonly fix: string | null },
): MachineCheck {
  return { path: null, ...subject, status };
}

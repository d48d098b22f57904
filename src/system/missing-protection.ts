/** A protection that this machine cannot give a contained process, and why. */
export type Protection =
  /** The kernel kills the process when its parent dies, whatever the parent died of. */
  | 'death-signal'
  /** Its memory is limited. */
  | 'memory-limit'
  /** A crash leaves no core file, which would be as large as the model. */
  | 'no-core-file'
  /** Others come first at the processor. */
  | 'low-priority'
  /** When memory runs out, the kernel takes this process and not the live server. */
  | 'first-to-go'
  /** Processes that leave the group are found and killed too. */
  | 'stray-search';

export interface MissingProtection {
  readonly protection: Protection;
  readonly reason: string;
}

/** What `missingProtections` says, for a report: `memory-limit (prlimit was not found)`. */
export function describeMissing({ protection, reason }: MissingProtection): string {
  return `${protection} (${reason})`;
}

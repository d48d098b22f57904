/** What is known of a machine and of the places that a deployment uses, before any of it is judged. */
import type { ExaminedTarget } from '../deploy/index.ts';
import type {
  FileSystemFacts,
  FolderAbilities,
  MemoryFacts,
  MissingProtection,
  ServiceManagerFacts,
} from '../system/index.ts';

export interface MachineFacts {
  readonly platform: string;
  /** The processor, as Node names it: `x64`. */
  readonly arch: string;
  readonly kernel: string;
  readonly nodeVersion: string;
  readonly engine: EngineFacts;
  /** Native calls that can be made from here. */
  readonly calls: { readonly hasFlock: boolean; readonly hasFileCalls: boolean };
  readonly missingProtections: readonly MissingProtection[];
  readonly memory: MachineMemory;
  readonly openFilesLimit: number | null;
  readonly temporary: { readonly path: string; readonly isWritable: boolean };
  /** What LC_ALL, LC_CTYPE or LANG say, the first that says anything; null where none does. */
  readonly locale: string | null;
  readonly clock: ClockFacts;
  readonly services: ServiceManagerFacts;
  readonly state: {
    readonly path: string;
    /** Null where it cannot be looked at. */ readonly place: PlaceFacts | null;
  };
  readonly targets: readonly TargetPlace[];
}

export interface EngineFacts {
  readonly name: string;
  readonly version: string | null;
  readonly trial: EngineTrial;
}

export type EngineTrial =
  | { readonly kind: 'generated'; readonly engineVersion: string; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly hint: string }
  | { readonly kind: 'not-tried' };

export interface MachineMemory extends MemoryFacts {
  /** Of the machine; `totalBytes` is less where a control group sets a limit. */
  readonly physicalBytes: number;
  readonly swapBytes: number | null;
}

export interface ClockFacts {
  readonly now: Date;
  /** The file of ours that was written last; null where there is none. */
  readonly newest: { readonly path: string; readonly at: Date } | null;
  readonly isSynchronised: boolean | null;
}

/** A place that need not be there, and then is judged by where it would be made. */
export interface PlaceFacts {
  /** The place, or the nearest above it that is there. */
  readonly folder: string;
  readonly isFolder: boolean;
  readonly isWritable: boolean;
  /** Mounted so. */
  readonly isReadOnly: boolean;
  /** Everybody may write in it, and it is not sticky. */
  readonly isOpen: boolean;
  readonly fileSystem: FileSystemFacts;
  readonly abilities: FolderAbilities;
}

export interface TargetPlace {
  readonly examined: ExaminedTarget;
  /** Of the folder that holds the target; null where there is none. */
  readonly place: PlaceFacts | null;
}

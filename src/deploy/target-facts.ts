/** What is known of a target and its machine before anything is decided or changed. */
import type { FileSystemFacts } from '../system/index.ts';
import type { ForeignThing } from './adoption.ts';
import type { TargetView } from './target-view.ts';

/** A folder that the target depends on and that a stranger can change: writable for all, or not even ours. */
export interface UnsafeFolder {
  readonly path: string;
  readonly reason: 'open' | 'foreign';
}

/** What stands at the target path. */
export type TargetOccupant =
  | { readonly kind: 'nothing' }
  /** A link of ours; the release may be gone, which does not make it someone else's. */
  | { readonly kind: 'release'; readonly releaseId: string; readonly linkText: string }
  | { readonly kind: 'foreign'; readonly what: string; readonly adoptable: Adoptable };

/** Whether it could become the previous release, or the one reason why not. */
export type Adoptable =
  | { readonly kind: 'yes'; readonly thing: ForeignThing }
  | {
      readonly kind: 'no';
      readonly code: 'TARGET_NOT_ADOPTABLE' | 'TARGET_MOUNTED' | 'TARGET_HOLDS_STATE' | 'TARGET_NOT_WRITABLE';
      readonly reason: string;
    };

export interface TargetFacts {
  readonly platform: string;
  readonly targetPath: string;
  readonly parentDir: string;
  /** A place of Milton Edge's own that it would lie in, or null. */
  readonly within: string | null;
  readonly parent: 'missing' | 'not-a-folder' | 'not-writable' | 'ready';
  /** The parent, or our hidden folders. */
  readonly unsafeFolders: readonly UnsafeFolder[];
  readonly occupant: TargetOccupant;
  /** Of the file system that will hold the releases. */
  readonly fileSystem: FileSystemFacts;
  readonly availableMemoryBytes: number;
  readonly view: TargetView;
}

/** How much room comes free when folders and files go: an inode once, and only with its last name. Pure. */

/** What one name leads to, as stat(2) tells. */
export interface NamedFile {
  /** Device and inode: equal for two names of one file. */
  readonly key: string;
  /** How many names the file has, wherever they are. */
  readonly linkCount: number;
  /** What it takes on the disk: blocks of 512 bytes, whatever its length. */
  readonly diskBytes: number;
  /** The link count of a folder tells how many folders are in it. */
  readonly isFolder: boolean;
}

/** What each group frees, in bytes, when the groups go one after the other. */
export function freedBytes(groups: readonly (readonly NamedFile[])[]): readonly number[] {
  const gone = new Map<string, number>();
  return groups.map((files) => {
    let bytes = 0;
    for (const { key, linkCount, diskBytes, isFolder } of files) {
      const names = (gone.get(key) ?? 0) + 1;
      gone.set(key, names);
      if (isFolder || names === linkCount) bytes += diskBytes;
    }
    return bytes;
  });
}

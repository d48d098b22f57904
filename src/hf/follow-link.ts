/** Follows a symbolic link once, and only to something that lies in the directory and would ship by itself. */
import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { escapeText, isErrno } from '../core/index.ts';
import { toSystemFailure } from '../system/index.ts';
import { HfFailure } from './error.ts';

export interface Link {
  /** The directory, links resolved. */
  readonly root: string;
  /** Of the link, relative to the directory, for messages. */
  readonly path: string;
  readonly absolutePath: string;
  /** Whether the folder that holds it was itself reached through a link. */
  readonly isLinked: boolean;
  /** Whether files and folders of this name never ship. */
  readonly isPrivate: (name: string) => boolean;
}

export interface LinkTarget {
  readonly absolutePath: string;
  /** Null for a folder. */
  readonly sizeBytes: number | null;
}

/** Throws `HF_LINK_UNSAFE`, `SYSTEM_FILE_*`. */
export async function followLink(link: Link): Promise<LinkTarget> {
  const { root, absolutePath } = link;
  try {
    const target = resolve(dirname(absolutePath), await readlink(absolutePath));
    const real = await realpath(target);
    if (!isWithin(root, real)) throw linkUnsafe(link, 'leaves the folder', real);
    // A link in between, or one that the target itself is, has moved it.
    if (real !== target) throw linkUnsafe(link, 'leads to another link', real);
    if (link.isLinked) throw linkUnsafe(link, 'lies behind another link', real);
    if (relative(root, real).split(sep).some(link.isPrivate)) {
      throw linkUnsafe(link, 'leads to what does not ship (hidden, or a cache)', real);
    }
    const stats = await lstat(real);
    if (stats.isFile()) return { absolutePath: real, sizeBytes: stats.size };
    if (!stats.isDirectory()) throw linkUnsafe(link, 'does not lead to a regular file or folder', real);
    if (isWithin(real, absolutePath)) throw linkUnsafe(link, 'leads to a folder that it lies in', real);
    return { absolutePath: real, sizeBytes: null };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw linkUnsafe(link, 'leads nowhere', null);
    throw toSystemFailure(error, { path: absolutePath, action: 'read' });
  }
}

function isWithin(folder: string, path: string): boolean {
  const from = relative(folder, path);
  return from !== '' && from !== '..' && !from.startsWith(`..${sep}`) && !isAbsolute(from);
}

function linkUnsafe({ path }: Link, what: string, target: string | null): HfFailure {
  return new HfFailure('HF_LINK_UNSAFE', `The link ${escapeText(path)} ${what}.`, {
    details: {
      path,
      expected: 'a link to a file or folder in the same directory',
      received: target === null ? 'a link to nothing' : target,
    },
  });
}

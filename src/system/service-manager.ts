/** Whether systemd runs this machine, and whether it keeps the services of a user running while nobody is logged in. */
import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

export interface ServiceManagerFacts {
  /** sd_booted(3): the folder /run/systemd/system is there. */
  readonly isSystemd: boolean;
  readonly user: string;
  /** What `loginctl enable-linger` sets: a file in the folder of logind. */
  readonly isLingering: boolean;
}

/** `root` is the folder that holds `run` and `var`. */
export async function readServiceManager({
  root = '/',
  user = readUser(),
}: { readonly root?: string; readonly user?: string } = {}): Promise<ServiceManagerFacts> {
  const [isSystemd, isLingering] = await Promise.all([
    isThere(join(root, 'run/systemd/system')),
    isThere(join(root, 'var/lib/systemd/linger', user)),
  ]);
  return { isSystemd, user, isLingering };
}

function readUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an account, as in many containers.
    return String(process.getuid?.() ?? 'unknown');
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

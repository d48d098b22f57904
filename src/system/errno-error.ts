/** What the kernel answered to a call that Node does not know, as the error that Node would have thrown. */
import { constants } from 'node:os';

export function errnoError(call: string, errno: number): Error {
  return Object.assign(new Error(`${call} failed with error ${errno}`), { code: nameOf(errno), errno });
}

function nameOf(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? 'EIO';
}

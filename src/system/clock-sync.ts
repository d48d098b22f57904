/** Whether something keeps the clock of this machine right: adjtimex(2) through koffi, asking and setting nothing. */
import process from 'node:process';

/** `struct timex` of a 64-bit Linux: 208 bytes, `maxerror` the fourth of its longs. */
const TIMEX_BYTES = 208;
const MAX_ERROR_OFFSET = 24;
/** The kernel lets the error grow until 16 seconds; below that somebody has set the clock lately, as systemd judges too. */
const MAX_ERROR_US = 16_000_000n;

/** Null where the kernel cannot be asked. */
export async function readClockSync(): Promise<boolean | null> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null;
  try {
    const { default: koffi } = await import('koffi');
    const adjtimex = koffi.load('libc.so.6').func('int adjtimex(void *)');
    const timex = Buffer.alloc(TIMEX_BYTES);
    if (adjtimex(timex) === -1) return null;
    return timex.readBigInt64LE(MAX_ERROR_OFFSET) < MAX_ERROR_US;
  } catch {
    return null;
  }
}

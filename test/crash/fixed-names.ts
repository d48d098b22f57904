/**
 * Makes the names of a run repeatable from outside: loaded before the built command, a clock that stands still and chance
 * that is always the same, so that a call of one run is found again in the next by its path. Nothing else is changed but
 * the number of the process, which is part of names, too.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Past what the kernel gives out (proc_sys_kernel(5), pid_max). */
const PID = 4_194_305;

const PRELOAD = `'use strict';
const crypto = require('node:crypto');
const { syncBuiltinESMExports } = require('node:module');
const now = Number(process.env.MILTON_CRASH_NOW);
let turn = 0;
crypto.randomBytes = (size) => {
  turn += 1;
  return crypto.createHash('sha512').update(String(turn)).digest().subarray(0, size);
};
const RealDate = Date;
// A process of our own that nobody can have, and that will be gone when somebody asks.
Object.defineProperty(process, 'pid', { value: ${PID}, enumerable: true });
const { promises } = require('node:fs');
const { readFile } = promises;
promises.readFile = async (path, ...rest) => {
  if (path !== '/proc/${PID}/stat') return readFile(path, ...rest);
  const stat = (await readFile('/proc/self/stat', 'utf8')).split(' ');
  stat[21] = '1';
  return stat.join(' ');
};
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now);
    else super(...args);
  }
  static now() {
    return now;
  }
};
syncBuiltinESMExports();
`;

/** Writes the file to be given to `node --require`. */
export async function writePreload(folder: string): Promise<string> {
  const path = join(folder, 'fixed-names.cjs');
  await writeFile(path, PRELOAD);
  return path;
}

/** The moment at which every traced command believes to run. */
export function fixedEnvironment(now: Date): Readonly<Record<string, string>> {
  // One thread in the pool, so that strace, which counts by thread, counts all calls of libuv.
  return { MILTON_CRASH_NOW: String(now.getTime()), UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' };
}

/**
 * Names of unfinished files and folders that say who is at work on them, so that a later run can tell what a dead process
 * left from what is still being made, and remove it.
 */
import { randomBytes } from 'node:crypto';
import { lstat, readdir, readlink, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { hashBytes } from './digest.ts';
import { isRunning, readProcess } from './machine.ts';

/** `.<name>.<pid>-<start>-<boot>-<place>-<chance>.unfinished`, hidden beside `path`; chance makes it unguessable. */
export async function unfinishedName(path: string): Promise<string> {
  const { pid, start, boot, place } = await readMaker();
  const maker = `${pid}-${start}-${boot}-${place}-${randomBytes(6).toString('hex')}`;
  return join(dirname(path), `.${basename(path)}.${maker}.unfinished`);
}

/**
 * Removes from a folder what processes of this machine began and cannot finish any more. What another machine or container
 * made is left alone: whether it is still at work cannot be told from here. Never throws; what cannot be removed stays.
 */
export async function removeAbandoned(directory: string): Promise<void> {
  const own = await readMaker();
  for (const name of await readdir(directory).catch(() => [])) {
    const maker = parseMaker(name);
    if (maker === null || !(await isGone(maker, own))) continue;
    await removeOwn(join(directory, name));
  }
}

interface Maker {
  readonly pid: number;
  /** In clock ticks since the boot; 0 where the machine does not say. */
  readonly start: string;
  readonly boot: string;
  /** Where a pid means the same process: one host, one PID namespace. */
  readonly place: string;
}

const NAME = /^\..+\.([1-9][0-9]{0,9})-([0-9]{1,20})-([0-9a-f]{8})-([0-9a-f]{8})-[0-9a-f]{12}\.unfinished$/;

function parseMaker(name: string): Maker | null {
  const [, pid, start, boot, place] = NAME.exec(name) ?? [];
  if (pid === undefined || start === undefined || boot === undefined || place === undefined) return null;
  return { pid: Number(pid), start, boot, place };
}

async function readMaker(): Promise<Maker> {
  const { host, boot_id, pid, start_time } = await readProcess();
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return {
    pid,
    start: start_time ?? '0',
    boot: shorten(boot_id ?? ''),
    place: shorten(`${host}\0${namespace}`),
  };
}

async function isGone(maker: Maker, own: Maker): Promise<boolean> {
  if (maker.place !== own.place) return false;
  if (maker.boot !== own.boot) return true;
  const { host, boot_id } = await readProcess();
  const start_time = maker.start === '0' ? null : maker.start;
  return !(await isRunning({ host, boot_id, pid: maker.pid, start_time }));
}

async function removeOwn(path: string): Promise<void> {
  try {
    if ((await lstat(path)).uid !== process.getuid?.()) return;
    await rm(path, { recursive: true, force: true });
  } catch {
    // It stays for the next run, or for a person.
  }
}

function shorten(text: string): string {
  return hashBytes(text).slice(0, 8);
}

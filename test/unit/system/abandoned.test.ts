import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeAbandoned, unfinishedName } from '../../../src/system/abandoned.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-abandoned-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string): void => writeFileSync(join(folder, name), 'half');

describe('unfinishedName', () => {
  it('is hidden beside the file, says who is at work, and is never the same twice', async () => {
    const names = await Promise.all(Array.from({ length: 20 }, () => unfinishedName('/srv/a.tar.gz')));
    expect(new Set(names).size).toBe(20);
    for (const name of names) {
      expect(dirname(name)).toBe('/srv');
      expect(basename(name)).toMatch(
        new RegExp(
          `^\\.a\\.tar\\.gz\\.${process.pid}-[0-9]+-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}\\.unfinished$`,
        ),
      );
    }
  });
});

describe('removeAbandoned', () => {
  it('removes files and folders of a process that is gone', async () => {
    const gone = await nameOf(spawnSync('true').pid);
    write(gone('a.tar.gz'));
    mkdirSync(join(folder, gone('dryrun_v1')));
    write(join(gone('dryrun_v1'), 'model.gguf'));
    await removeAbandoned(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves what a running process is at, this one or another', async () => {
    const other = await nameOf(process.ppid);
    const names = [basename(await unfinishedName(join(folder, 'a'))), other('b')];
    for (const name of names) write(name);
    await removeAbandoned(folder);
    expect(readdirSync(folder).toSorted()).toEqual(names.toSorted());
  });

  it('is not misled by a pid that was given to a later process, nor by a machine that was started again', async () => {
    const own = basename(await unfinishedName(join(folder, 'a')));
    const [, maker = ''] = /([0-9]+-[0-9]+-[0-9a-f]{8})-/.exec(own) ?? [];
    const [pid = '', start = '', boot = ''] = maker.split('-');
    write(own.replace(maker, `${pid}-${Number(start) - 1}-${boot}`));
    write(own.replace(maker, `${pid}-${start}-00000000`));
    await removeAbandoned(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves what another machine or container began: whether it is still at work cannot be told', async () => {
    const gone = (await nameOf(spawnSync('true').pid))('a');
    const [, place = ''] = /-([0-9a-f]{8})-[0-9a-f]{12}\.unfinished$/.exec(gone) ?? [];
    const name = gone.replace(`-${place}-`, '-00000000-');
    write(name);
    await removeAbandoned(folder);
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('leaves files of other names, and says nothing of a folder that is not there', async () => {
    const names = ['.a.unfinished', '.a.1-2-3.unfinished', 'bundle.tar.gz', '.x.0123456789ab.tmp'];
    for (const name of names) write(name);
    await removeAbandoned(folder);
    await removeAbandoned(join(folder, 'missing'));
    expect(readdirSync(folder).toSorted()).toEqual(names.toSorted());
    expect(existsSync(join(folder, 'missing'))).toBe(false);
  });
});

/** Names as the process of that pid would give them. */
async function nameOf(pid: number): Promise<(name: string) => string> {
  const own = basename(await unfinishedName(join(folder, 'NAME')));
  const start = startOf(pid) ?? '1';
  return (name) => own.replace('NAME', name).replace(/\.[0-9]+-[0-9]+-/, `.${pid}-${start}-`);
}

/** Field 22 of proc_pid_stat(5). */
function startOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
  } catch {
    return undefined;
  }
}

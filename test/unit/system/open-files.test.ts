import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOpenFiles, type OpenFile } from '../../../src/system/open-files.ts';

let folder: string;
const running: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-open-'));
  writeFileSync(join(folder, 'model'), 'x'.repeat(8192));
  mkdirSync(join(folder, 'inside'));
});

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function keyOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

/** A process that says when it is ready, and waits. */
async function start(command: string, args: readonly string[], cwd = tmpdir()): Promise<number> {
  const child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  running.push(child);
  if (child.stdout === null) throw new Error('It has no output.');
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

async function usersOf(path: string, below: readonly string[] = []): Promise<readonly OpenFile[]> {
  return (await findOpenFiles({ keys: new Set([keyOf(path)]), below })).files;
}

const WAIT = 'console.log("ready"); process.stdin.resume();';

describe.skipIf(process.platform !== 'linux')('findOpenFiles', () => {
  it('finds nobody where nobody has it', async () => {
    expect(await usersOf(join(folder, 'model'))).toEqual([]);
  });

  it('finds a process that has it open, under another name too', async () => {
    symlinkSync('model', join(folder, 'link'));
    const script = `require('fs').openSync(${JSON.stringify(join(folder, 'link'))}); ${WAIT}`;
    const pid = await start(process.execPath, ['-e', script]);
    expect(await usersOf(join(folder, 'model'))).toEqual([
      {
        pid,
        command: expect.any(String) as string,
        key: keyOf(join(folder, 'model')),
        path: join(folder, 'model'),
      },
    ]);
  });

  it.skipIf(spawnSync('python3', ['-V']).status !== 0)(
    'finds a process that has only mapped it',
    async () => {
      const script = `import mmap,os,sys
f=os.open(${JSON.stringify(join(folder, 'model'))},os.O_RDONLY)
m=mmap.mmap(f,0,prot=mmap.PROT_READ)
os.close(f)
fds=[os.readlink('/proc/self/fd/'+n) for n in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/'+n)]
print('ready',[p for p in fds if p.endswith('model')],flush=True)
sys.stdin.read()`;
      const pid = await start('python3', ['-c', script]);
      const found = await usersOf(join(folder, 'model'));
      expect(found.map((file) => file.pid)).toContain(pid);
      const byPath = await findOpenFiles({ keys: new Set(), below: [folder] });
      expect(byPath.files.map((file) => file.pid)).toContain(pid);
    },
  );

  it('finds a process that stands in a folder', async () => {
    const pid = await start(process.execPath, ['-e', WAIT], join(folder, 'inside'));
    expect(await usersOf(join(folder, 'inside'))).toMatchObject([{ pid, path: join(folder, 'inside') }]);
  });

  it.skipIf(process.getuid?.() !== 0)('says of how many processes it sees nothing', async () => {
    const script = `
      process.setuid(65534);
      const { findOpenFiles } = await import(${JSON.stringify(new URL('../../../dist/system/open-files.js', import.meta.url).href)});
      console.log(JSON.stringify(await findOpenFiles({ keys: new Set(), below: [] })));`;
    await start(process.execPath, ['-e', WAIT]);
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    const { unseenProcesses } = JSON.parse(stdout) as { unseenProcesses: number };
    expect(unseenProcesses).toBeGreaterThan(0);
    expect((await findOpenFiles({ keys: new Set(), below: [] })).unseenProcesses).toBeLessThan(
      unseenProcesses,
    );
  });

  it('says that it cannot know where there is no table of processes', async () => {
    expect(await findOpenFiles({ keys: new Set(), below: [], proc: join(folder, 'none') })).toEqual({
      files: [],
      unseenProcesses: null,
    });
  });

  it('reads devices of two parts, and paths with blanks, from what is mapped', async () => {
    mkdirSync(join(folder, '7/fd'), { recursive: true });
    writeFileSync(
      join(folder, '7/maps'),
      '7f0000000000-7f0000001000 r--p 00000000 103:02 42                         /srv/my llm/model.gguf\n' +
        '7f0000002000-7f0000003000 rw-p 00000000 00:00 0                          [heap]\n',
    );
    writeFileSync(join(folder, '7/comm'), 'llama-server\n');
    const device = (0x103n << 8n) | 0x02n;
    const { files } = await findOpenFiles({ keys: new Set([`${device}:42`]), below: [], proc: folder });
    expect(files).toEqual([
      { pid: 7, command: 'llama-server', key: `${device}:42`, path: '/srv/my llm/model.gguf' },
    ]);
  });
});

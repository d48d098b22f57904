/** A `systemctl` and a `loginctl` that record what they are told, earlier in PATH than those of the machine. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

export interface FakeManager {
  /** For the process under test. */
  readonly env: Readonly<Record<string, string>>;
  /** What was called, oldest first, such as `systemctl --user daemon-reload`. */
  calls(): Promise<readonly string[]>;
  forget(): Promise<void>;
  /** Shell lines that run before the answer of a program; `$*` are its arguments. */
  set(name: 'systemctl' | 'loginctl', lines: string): Promise<void>;
}

const ANSWERS = {
  systemctl: `case "$*" in
*" show --property=Version") echo Version=252 ;;
*list-timers*) echo '[{"next":1767225600000000,"left":1,"last":0,"passed":0,"unit":"milton-schedule.timer"}]' ;;
*" show "*) printf 'ActiveState=active\\nUnitFileState=enabled\\n' ;;
esac`,
  loginctl: 'echo Linger=yes',
} as const;

export async function fakeManager(folder: string): Promise<FakeManager> {
  const bin = join(folder, 'bin');
  const log = join(folder, 'calls.log');
  await mkdir(bin, { recursive: true });
  const set: FakeManager['set'] = async (name, lines) => {
    const path = join(bin, name);
    await writeFile(path, `#!/bin/sh\necho "${name} $*" >> '${log}'\n${lines}\n${ANSWERS[name]}\n`);
    await chmod(path, 0o755);
  };
  await set('systemctl', '');
  await set('loginctl', '');
  await writeFile(log, '');
  return {
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, XDG_CONFIG_HOME: join(folder, 'config') },
    calls: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
    forget: () => writeFile(log, ''),
    set,
  };
}

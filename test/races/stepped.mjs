/** The other end of stepped-child.mjs: a process that deploys step by step, as it is told. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('stepped-child.mjs', import.meta.url));

export function startStepped() {
  const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const heard = [];
  const listeners = [];
  const hear = (event) => {
    const listener = listeners.shift();
    if (listener === undefined) heard.push(event);
    else listener(event);
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('at ')) hear({ at: line.slice(3), end: null });
    if (line.startsWith('end ')) hear({ at: null, end: JSON.parse(line.slice(4)) });
  });
  void closed.then(() => hear({ at: null, end: null }));
  // A process that was killed reads nothing any more.
  child.stdin.on('error', () => {});
  return {
    pid: child.pid,
    begin: (job) => void child.stdin.write(`${JSON.stringify(job)}\n`),
    goOn: () => void child.stdin.write('\n'),
    next: () =>
      new Promise((resolve) => {
        const event = heard.shift();
        if (event === undefined) listeners.push(resolve);
        else resolve(event);
      }),
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
    async close() {
      child.stdin.end();
      await closed;
    },
  };
}

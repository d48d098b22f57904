/** A server process behind a target, as an operator would run one: a script restarts it, a port answers for it. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { NO_SERVICE, type ServiceSettings } from '../../src/deploy/index.ts';
import { quoteWord } from '../../src/core/index.ts';

export interface ServedTarget {
  readonly url: string;
  /** Restarts the server, and asks its health page. Quick, as tests are. */
  readonly service: ServiceSettings;
  readonly restartCommand: string;
  readonly stopCommand: string;
  /** What is wrong with a version when it is served: `crash`, `sick`, `silent`, `flap`. */
  setFlaws(flaws: Readonly<Record<string, string>>): Promise<void>;
  /** The digest that the server claims to run, whatever it runs; null for the truth. */
  setStated(sha256: string | null): Promise<void>;
  /** What the health page says; null where nobody answers. */
  health(): Promise<{ readonly version: string; readonly sha256: string } | null>;
  /** How often the restart command ran. */
  restarts(): Promise<number>;
  stop(): Promise<void>;
}

const SERVER = fileURLToPath(new URL('../fixtures/model-server.mjs', import.meta.url));

export async function openServedTarget(folder: string, target: string): Promise<ServedTarget> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const file = (name: string): string => join(folder, name);
  const pidFile = file('server.pid');
  await writeFile(
    file('stop.sh'),
    `if [ -f "${pidFile}" ]; then kill "$(cat "${pidFile}")" 2>/dev/null; rm -f "${pidFile}"; fi; true\n`,
  );
  await writeFile(
    file('restart.sh'),
    `echo once >> "${file('restarts')}"
. "${file('stop.sh')}"
[ -e "${target}" ] || exit 0
. "${file('settings')}"
FLAWS="$FLAWS" node "${SERVER}" "${target}" ${port} >/dev/null 2>&1 &
echo $! > "${pidFile}"
`,
  );
  const settings = { flaws: '{}', stated: '' };
  const save = (): Promise<void> =>
    writeFile(
      file('settings'),
      `FLAWS='${settings.flaws}'\n${settings.stated === '' ? 'unset STATES' : `export STATES=${settings.stated}`}\n`,
    );
  await save();
  const restartCommand = `sh ${quoteWord(file('restart.sh'))}`;
  return {
    url,
    restartCommand,
    stopCommand: `sh ${quoteWord(file('stop.sh'))}`,
    service: {
      ...NO_SERVICE,
      restartCommand,
      probes: [{ kind: 'http', url: `${url}/health` }],
      attempts: 40,
      intervalMs: 50,
      timeoutMs: 1000,
    },
    async setFlaws(flaws) {
      settings.flaws = JSON.stringify(flaws);
      await save();
    },
    async setStated(sha256) {
      settings.stated = sha256 ?? '';
      await save();
    },
    async health() {
      const answer = await fetch(`${url}/health`).catch(() => null);
      return answer?.status === 200
        ? ((await answer.json()) as { readonly version: string; readonly sha256: string })
        : null;
    },
    async restarts() {
      const text = await readFile(file('restarts'), 'utf8').catch(() => '');
      return text.split('\n').length - 1;
    },
    async stop() {
      const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
      if (pid <= 0) return;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}

import { appendFile, mkdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openArtifact, createBundle } from '../../src/bundle/index.ts';
import { quoteWord } from '../../src/core/index.ts';
import { systemClock } from '../../src/system/index.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { MAIN } from './run-milton.ts';
import { endServed, startServed, type RunningMilton } from './served.ts';
import { useShop, type Model } from './shop.ts';

const shop = useShop();
const models = new Map<string, Model>();
const bundles = new Map<string, string>();

beforeAll(async () => {
  for (const [index, version] of ['v1', 'v2', 'v3'].entries()) {
    const model = await shop.model(`${version}.gguf`, { seed: index + 1 });
    models.set(version, model);
    bundles.set(version, await shop.bundle(version, model));
  }
});
afterEach(endServed);

const digestOf = (version: string): string => models.get(version)?.sha256 ?? '';

async function deploy(version: string, target: string, ...args: string[]) {
  const bundle = bundles.get(version) ?? '';
  const fixed = ['--bundle', bundle, '--target-path', target, '--skip-load-test'];
  return shop.document('deploy', ...fixed, ...args);
}

const serve = (...args: string[]): Promise<RunningMilton> =>
  startServed(args, { MILTON_STATE_DIR: shop.state });

const errorCode = ({ json }: { readonly json: Readonly<Record<string, unknown>> }): string =>
  (json['error'] as { code: string }).code;

describe('milton serve, of a target', () => {
  it('serves what was live when it started, whatever the link says since', async () => {
    const first = await deploy('v1', shop.target);
    expect(first.exitCode).toBe(0);
    // The only target there is: it need not be named.
    const server = await serve('--verify');
    const live = { status: 'ok', model: 'v1', sha256: digestOf('v1') };
    expect(await server.health()).toMatchObject({ ...live, release: first.json['deployment_id'] });
    const ask = async (): Promise<unknown> =>
      (await server.complete({ prompt: 'bota', temperature: 0, max_tokens: 8 })).json();
    const before = (await ask()) as { choices: unknown };
    expect((await deploy('v2', shop.target)).exitCode).toBe(0);
    expect(await server.health()).toMatchObject(live);
    expect(((await ask()) as { choices: unknown }).choices).toEqual(before.choices);
    const next = await serve('--target-path', shop.target);
    expect(await next.health()).toMatchObject({ status: 'ok', model: 'v2', sha256: digestOf('v2') });
  });

  it('refuses a release that is not as it was deployed', async () => {
    const target = join(shop.folder, 'srv', 'damaged');
    const { json } = await deploy('v1', target);
    const release = join(shop.folder, 'srv', '.damaged.milton', 'releases', String(json['deployment_id']));
    await appendFile(join(release, 'model', 'v1.gguf'), 'x');
    const verified = await shop.document('serve', '--target-path', target, '--port', '0', '--verify');
    expect([verified.exitCode, errorCode(verified)]).toEqual([3, 'DEPLOY_RELEASE_DAMAGED']);
    await writeFile(join(release, 'SHA256SUMS'), `${'0'.repeat(64)}  model/v1.gguf\n`);
    const stated = await shop.document('serve', '--target-path', target, '--port', '0');
    expect([stated.exitCode, errorCode(stated)]).toEqual([3, 'DEPLOY_RELEASE_DAMAGED']);
  });

  it('refuses what is no release, or none that it could run', async () => {
    const srv = join(shop.folder, 'srv');
    const nothing = await shop.document('serve', '--target-path', join(srv, 'nothing'), '--port', '0');
    expect([nothing.exitCode, errorCode(nothing)]).toEqual([1, 'DEPLOY_NOTHING_LIVE']);
    await symlink('/etc', join(srv, 'foreign'));
    const foreign = await shop.document('serve', '--target-path', join(srv, 'foreign'), '--port', '0');
    expect([foreign.exitCode, errorCode(foreign)]).toEqual([3, 'TARGET_NOT_OURS']);
    const hf = join(shop.folder, 'hf');
    await writeHfDirectory(hf);
    const artifact = await openArtifact(hf, { type: 'hf-distilled' });
    const outDir = join(shop.folder, 'shelf');
    const input = { artifact, version: 'hf', run: null, candidate: null, registryEntry: null, outDir };
    bundles.set('hf', (await createBundle({ ...input, clock: systemClock })).path);
    const target = join(srv, 'hf');
    expect((await deploy('hf', target)).exitCode).toBe(0);
    const directory = await shop.document('serve', '--target-path', target, '--port', '0');
    expect([directory.exitCode, errorCode(directory)]).toEqual([3, 'PIPELINE_NOT_SERVABLE']);
  });
});

describe('milton deploy with milton serve as the server', () => {
  let stop = '';
  const place = { url: '', restart: '', target: '' };

  beforeAll(async () => {
    await mkdir(join(shop.folder, 'box'));
    const folder = join(shop.folder, 'box');
    const port = await findFreePort();
    place.target = join(folder, 'llm');
    place.url = `http://127.0.0.1:${port}`;
    const pidFile = quoteWord(join(folder, 'pid'));
    stop = join(folder, 'stop.sh');
    // As systemd does: the old one has ended before the new one starts.
    await writeFile(
      stop,
      `[ -f ${pidFile} ] || exit 0
pid=$(cat ${pidFile}); rm ${pidFile}
kill "$pid" 2>/dev/null
while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
`,
    );
    const log = quoteWord(join(folder, 'log'));
    // What to serve in place of the target: a server that comes up with the wrong model.
    const instead = quoteWord(join(folder, 'instead'));
    await writeFile(
      join(folder, 'restart.sh'),
      `sh ${quoteWord(stop)}
what="--target-path ${place.target}"
# Emptied here, not by the server's own redirection: the line waited for below must not be the old server's.
: > ${log}
[ -f ${instead} ] && [ "$MILTON_VERSION" = "$(cat ${instead})" ] && what="--model ${models.get('v1')?.path ?? ''}"
${quoteWord(process.execPath)} ${quoteWord(MAIN)} serve $what --port ${port} </dev/null > ${log} 2>&1 &
echo $! > ${pidFile}
while kill -0 $! 2>/dev/null && ! grep -q '^Serving' ${log}; do sleep 0.05; done
`,
    );
    place.restart = `sh ${quoteWord(join(folder, 'restart.sh'))}`;
  });
  afterAll(async () => {
    const { runCommand } = await import('../../src/system/index.ts');
    await runCommand(`sh ${quoteWord(stop)}`, { timeoutMs: 30_000 });
  });

  const go = (version: string) => {
    const probes = ['--health-openai', place.url, '--health-url', `${place.url}/health`];
    const patience = ['--health-attempts', '20', '--health-interval', '100ms', '--health-timeout', '20s'];
    return deploy(version, place.target, '--restart-command', place.restart, ...probes, ...patience);
  };
  const health = async (): Promise<unknown> => (await fetch(`${place.url}/health`)).json();

  it('goes live with the first model and with the next', async () => {
    for (const version of ['v1', 'v2']) {
      const { exitCode, json } = await go(version);
      expect({ exitCode, restarted: json['restarted'] }).toEqual({ exitCode: 0, restarted: true });
      expect(await health()).toMatchObject({ status: 'ok', model: version, sha256: digestOf(version) });
    }
  });

  it('goes back where the server comes up with another model, and serves the old one again', async () => {
    const before = await readlink(place.target);
    await writeFile(join(shop.folder, 'box', 'instead'), 'v3');
    const refused = await go('v3');
    expect([refused.exitCode, errorCode(refused)]).toEqual([4, 'DEPLOY_ROLLED_BACK']);
    expect(JSON.stringify(refused.json)).toContain(`it runs sha256:${digestOf('v1')}`);
    expect(await readlink(place.target)).toBe(before);
    expect(await health()).toMatchObject({ status: 'ok', model: 'v2', sha256: digestOf('v2') });
  });
});

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

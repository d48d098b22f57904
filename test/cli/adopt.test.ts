import { lstat, mkdir, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDeployProcess } from '../fakes/deploy-process.ts';
import { useShop, type Model } from './shop.ts';

const shop = useShop();
let v1 = '';
let v2 = '';
let model: Model;

beforeAll(async () => {
  model = await shop.model('v1.gguf', { seed: 1 });
  v1 = await shop.bundle('v1', model);
  v2 = await shop.bundle('v2', await shop.model('v2.gguf', { seed: 2 }));
});

beforeEach(async () => {
  await rm(join(shop.folder, 'srv'), { recursive: true, force: true });
  await rm(shop.state, { recursive: true, force: true });
  await mkdir(shop.target, { recursive: true });
  await writeFile(join(shop.target, 'old.gguf'), 'GGUF, as they were before');
});

const deploy = (bundle: string, ...args: readonly string[]): string[] => [
  'deploy',
  '--bundle',
  bundle,
  '--target-path',
  shop.target,
  '--skip-load-test',
  ...args,
];

describe('milton deploy --adopt', () => {
  it('is what the refusal of a folder names', async () => {
    const { exitCode, stderr } = await shop.milton(...deploy(v1));
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/error TARGET_NOT_OURS: [^\n]* is a folder\./);
    expect(stderr).toMatch(/fix .*--adopt/);
  });

  it('keeps the folder, and says where, and how to go back to it', async () => {
    const { exitCode, stdout } = await shop.milton(...deploy(v1, '--adopt'));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /adopted +the folder that stood there, moved in one step; now .*\/adopt_\d{8}_\d{6}_\d{3}\n/,
    );
    expect(stdout).toContain('gone back to only by name, and the target stays a link');
    const [, id = ''] = /milton rollback --target-path \S+ --to (adopt_\S+)/.exec(stdout) ?? [];
    expect((await lstat(join(shop.folder, 'srv/.llm.milton/releases', id))).isDirectory()).toBe(true);

    const status = await shop.milton('status');
    expect(status.stdout).toMatch(
      new RegExp(`before +adopted +unknown +was here before +${id}\n +it was adopted, without digests`),
    );
    expect(status.stdout).toMatch(/rollback +nothing to go back to/);

    await writeFile(join(shop.folder, 'srv/.llm.milton/releases', id, 'log'), 'a server went on');
    const refused = await shop.milton('rollback', '--to', id);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('error DEPLOY_RELEASE_DAMAGED');
    // Somebody vouches for it, whatever is in it.
    const back = await shop.milton('rollback', '--to', id, '--now', 'the new one is too slow');
    expect(back.exitCode).toBe(0);
    expect(back.stderr).toContain('DEPLOY_ADOPTED_CHANGED');
    expect(back.stdout).toMatch(/^rolled back {2}to adopted\n/);
    expect(back.stdout).toMatch(/checksum verified +NO/);
    expect(back.stdout).toContain(`${shop.target} is now a link to what was adopted`);
    expect(await readlink(shop.target)).toBe(`.llm.milton/releases/${id}`);
  });

  it('says all of it as a document', async () => {
    const { exitCode, json } = await shop.document(...deploy(v1, '--adopt'));
    const { adopted } = json as { adopted: { release_id: string; path: string } };
    expect({ exitCode, json }).toMatchObject({
      exitCode: 0,
      json: {
        state: 'live',
        previous_release_id: adopted.release_id,
        adopted: { kind: 'folder', method: 'exchange', path: expect.stringContaining(adopted.release_id) },
      },
    });
    const status = await shop.document('status');
    expect(status.json).toMatchObject({
      targets: [
        {
          live: { adopted: null },
          previous: [
            { release_id: adopted.release_id, artifact_sha256: null, adopted: 'folder', verdict: 'unknown' },
          ],
          rollback_to: null,
        },
      ],
    });
  });

  it('refuses what cannot be adopted, with both sides', async () => {
    await rm(shop.target, { recursive: true });
    await writeFile(shop.target, 'a file');
    const { exitCode, json } = await shop.document(...deploy(v1, '--adopt'));
    expect({ exitCode, json }).toMatchObject({
      exitCode: 3,
      json: {
        error: {
          code: 'TARGET_NOT_ADOPTABLE',
          aftermath: 'unchanged',
          details: { expected: expect.any(String), received: expect.stringContaining('a file') },
        },
      },
    });
  });

  it('is undone by milton resume where it was killed with the link in place', async () => {
    const { ino } = await lstat(shop.target);
    const run = startDeployProcess({
      bundle: v1,
      target: shop.target,
      stateDir: shop.state,
      holdAt: 'probing',
      options: { adopt: true },
    });
    await run.held;
    await run.kill();
    expect((await lstat(shop.target)).isSymbolicLink()).toBe(true);
    const { exitCode, json } = await shop.document('resume');
    expect({ exitCode, json }).toMatchObject({
      exitCode: 0,
      json: { targets: [{ settled: { crashed_in: 'probing', state: 'rolled-back' } }] },
    });
    expect((await lstat(shop.target)).ino).toBe(ino);
  });

  it('is tidied up by milton resume where it was killed before, the folder untouched', async () => {
    const { ino } = await lstat(shop.target);
    const run = startDeployProcess({
      bundle: v1,
      target: shop.target,
      stateDir: shop.state,
      holdAt: 'staging',
      options: { adopt: true },
    });
    await run.held;
    await run.kill();
    const { json } = await shop.document('resume');
    expect(json).toMatchObject({ targets: [{ settled: { crashed_in: 'staging', state: 'failed' } }] });
    expect((await lstat(shop.target)).ino).toBe(ino);
    // Without --adopt it is somebody else's again.
    expect(await shop.document(...deploy(v1))).toMatchObject({
      json: { error: { code: 'TARGET_NOT_OURS' } },
    });
  });
});

describe('milton deploy, without the restart command of the last time', () => {
  it('warns, and restarts as before with --same-service', async () => {
    await rm(shop.target, { recursive: true });
    const log = join(shop.folder, 'restarts');
    const command = `echo again >> ${log}`;
    const nothing = await shop.document(...deploy(v1, '--same-service'));
    expect(nothing).toMatchObject({ exitCode: 1, json: { error: { code: 'DEPLOY_NO_SERVICE_KNOWN' } } });
    await shop.milton(...deploy(v1, '--restart-command', command));

    const omitted = await shop.milton(...deploy(v2));
    expect(omitted.exitCode).toBe(0);
    expect(omitted.stderr).toContain('DEPLOY_RESTART_OMITTED');
    expect(omitted.stderr).toContain(`(${command}); a running server keeps the old release`);

    const same = await shop.document(...deploy(v1, '--same-service'));
    expect(same.json).toMatchObject({ state: 'live', restarted: true });
    expect(JSON.stringify(same.json)).not.toContain('DEPLOY_RESTART_OMITTED');

    const both = await shop.document(...deploy(v2, '--same-service', '--restart-command', 'true'));
    expect(both).toMatchObject({ exitCode: 2, json: { error: { code: 'CLI_USAGE' } } });
  });
});

/** Whether a target is what was deployed to it: every kind of damage is found, named, and nothing else is. */
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedBundle } from '../../src/bundle/index.ts';
import { verifyTarget, type WhichReleases } from '../../src/deploy/index.ts';
import { hashBytes } from '../../src/system/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { AROUND_IT, IN_WHAT_IS_LISTED, weights } from '../fakes/release-damage.ts';

let bench: DeployBench;
let v1: CreatedBundle;
let v2: CreatedBundle;
beforeAll(async () => {
  bench = await openDeployBench();
  v1 = await bench.bundle('v1');
  v2 = await bench.bundle('v2');
});
afterAll(() => bench.remove());
beforeEach(async () => {
  await rm(join(bench.folder, 'srv'), { recursive: true, force: true });
  await mkdir(join(bench.folder, 'srv'));
});

const srv = (): string => join(bench.folder, 'srv');
const live = async (): Promise<string> => (await readlink(bench.target)).split('/').at(-1) ?? '';
const deep = async (which: WhichReleases = 'live') => verifyTarget((await bench.context()).layout, { which });

describe('verifyTarget', () => {
  it('finds a target sound that is as it was deployed, and its previous releases', async () => {
    const first = await bench.deploy(v1.path);
    await bench.deploy(v2.path);
    expect(await deep('all')).toMatchObject({
      link: { kind: 'sound', releaseId: await live() },
      releases: [
        { id: await live(), isLive: true, found: { kind: 'sound' } },
        { id: first.record.deployment_id, isLive: false, found: { kind: 'sound' } },
      ],
    });
    expect((await deep()).releases).toHaveLength(1);
  });

  it.each([...IN_WHAT_IS_LISTED, ...AROUND_IT])('finds that %s', async (_, damage, found) => {
    const { releasePath } = await bench.deploy(v1.path);
    await damage(releasePath ?? '');
    const [release] = (await deep()).releases;
    expect(release).toMatchObject({
      found: { kind: 'damaged', damage: expect.arrayContaining([expect.objectContaining(found)]) },
    });
  });

  it('misses the folder of a release that one could go back to, and of no other', async () => {
    const first = await bench.deploy(v1.path);
    await bench.deploy(v2.path);
    await bench.deploy(v1.path, { permissions: { fileMode: 0o640, groupId: null } });
    await bench.rollBack();
    const third = (await bench.journal()).at(-1)?.from ?? '';
    await rm(first.releasePath ?? '', { recursive: true });
    await rm(join(srv(), '.llm.milton/releases', third), { recursive: true });
    const { releases } = await deep('all');
    expect(releases.map(({ id, found }) => [id, found.kind])).toEqual([
      [await live(), 'sound'],
      [third, 'gone'],
      [first.record.deployment_id, 'damaged'],
    ]);
  });

  it('gives both digests of a file that was changed', async () => {
    const { releasePath, artifactSha256 } = await bench.deploy(v1.path);
    await writeFile(weights(releasePath ?? ''), 'x');
    expect((await deep()).releases[0]?.found).toEqual({
      kind: 'damaged',
      damage: [
        {
          path: 'model/v1.gguf',
          kind: 'changed',
          expected: `sha256:${artifactSha256}`,
          received: `sha256:${hashBytes('x')}`,
        },
      ],
    });
  });

  it('tells a link that is gone, and one that somebody else made', async () => {
    expect((await deep()).link).toEqual({ kind: 'nothing-live' });
    const { record } = await bench.deploy(v1.path);
    const text = await readlink(bench.target);
    await rm(bench.target);
    expect((await deep()).link).toMatchObject({ kind: 'gone', lastLive: record.deployment_id });
    await symlink(join(srv(), text), bench.target);
    expect((await deep()).link).toMatchObject({ kind: 'foreign', expected: `a link to ${text}` });
  });

  it('says so of a live release that the journal does not name', async () => {
    const { releasePath } = await bench.deploy(v1.path);
    const stray = 'deploy_v1_20200101_000000_000';
    await rename(releasePath ?? '', join(srv(), '.llm.milton/releases', stray));
    await rm(bench.target);
    await symlink(`.llm.milton/releases/${stray}`, bench.target);
    expect((await deep()).releases).toMatchObject([
      { id: stray, isLive: true, found: { kind: 'not-known' } },
    ]);
  });
});

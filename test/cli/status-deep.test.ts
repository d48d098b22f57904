import { mkdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flipByte } from '../fakes/release-damage.ts';
import { deployHere, useShop, type Model } from './shop.ts';

const shop = useShop();
let model: Model;
let bundle = '';
let first = '';

const at = (...path: string[]): string => join(shop.folder, 'srv', ...path);
const inRelease = (id: string, name: string): string => at('.llm.milton/releases', id, name);

const live = async (): Promise<string> => (await readlink(shop.target)).split('/').at(-1) ?? '';

beforeAll(async () => {
  model = await shop.model('v1.gguf', { seed: 1 });
  bundle = await shop.bundle('v1', model);
});

beforeEach(async () => {
  await rm(at(), { recursive: true, force: true });
  await mkdir(at());
  first = await deployHere(bundle, shop);
});

describe('milton status --deep', () => {
  it('says that everything is as it was deployed', async () => {
    const { exitCode, stdout } = await shop.milton('status', '--deep');
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/what is live: as it was deployed\n/),
    });
    expect((await shop.document('status', '--deep', '--all')).json).toMatchObject({
      ok: true,
      targets: [
        {
          deep: {
            link: { sound: true, release_id: first },
            releases: [{ release_id: first, live: true, found: 'sound', damage: [] }],
          },
        },
      ],
    });
  });

  it('names every file that differs, with both sides, and refuses', async () => {
    await flipByte(inRelease(first, 'model/v1.gguf'));
    await rm(inRelease(first, 'model.env'));
    const { exitCode, stdout, stderr } = await shop.milton('status', '--deep');
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(
      new RegExp(
        [
          'what is live: damaged, 2 differences',
          '    model/v1\\.gguf: changed',
          `      expected ${model.sha256}`,
          '      received [0-9a-f]{64}',
          '    model\\.env: missing',
        ].join('\\n'),
      ),
    );
    expect(stderr).toMatch(/error DEPLOY_RELEASE_DAMAGED: deploy_v1_\S+ is not as it was deployed/);
    expect(stderr).toContain(`milton repair --target-path ${shop.target} --dry-run`);
    const { json } = await shop.document('status', '--deep');
    expect(json).toMatchObject({
      ok: false,
      error: { code: 'DEPLOY_RELEASE_DAMAGED' },
      targets: [
        {
          live: { release_id: first },
          deep: {
            releases: [{ found: 'damaged', damage: [{ path: 'model/v1.gguf', kind: 'changed' }, {}] }],
          },
        },
      ],
    });
  });

  it('says so where the link is gone, and how to put it back', async () => {
    await rm(shop.target);
    const { exitCode, stderr } = await shop.milton('status', '--deep');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('error DEPLOY_LINK_GONE');
    const command = /Put the link back: milton (.*)\n/.exec(stderr)?.[1]?.split(' ') ?? [];
    expect(await shop.milton(...command, '--now', 'it was gone')).toMatchObject({ exitCode: 0 });
    expect(await live()).toBe(first);
    expect((await shop.milton('status', '--deep')).exitCode).toBe(0);
  });

  it('is needed for --all', async () => {
    expect(await shop.milton('status', '--all')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('milton status --deep --all'),
    });
  });
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Attacks } from '../attacks/attack.ts';
import { BOMBS, FORGED_BOMBS } from '../attacks/bombs.ts';
import { DIGEST_LISTS, FORGED_LISTS } from '../attacks/digest-lists.ts';
import { FORGED_MEMBERS, GZIP_MEMBERS } from '../attacks/gzip-members.ts';
import { FORGED_JSON, METADATA_JSON } from '../attacks/metadata-json.ts';
import { FORGED_COLLISIONS, NAME_COLLISIONS } from '../attacks/name-collisions.ts';
import { PAX_AND_GNU } from '../attacks/pax-and-gnu.ts';
import { FORGED_LINKS, TAR_LINKS } from '../attacks/tar-links.ts';
import { FORGED_NAMES, TAR_NAMES } from '../attacks/tar-names.ts';
import { FORGED_SIZES, TAR_SIZES } from '../attacks/tar-sizes.ts';
import { runWatched, type Watched } from '../attacks/watched-command.ts';
import { useFolder } from '../cli/run-milton.ts';

const MAX_PEAK_BYTES = 200_000_000;
const MAX_CPU_MS = 2000;

/** Of each family so many, evenly spread: a process takes a third of a second to start. All of them run in their own files. */
const SAMPLES = 2;
const FAMILIES: Readonly<Record<string, Attacks>> = {
  'tar names': TAR_NAMES,
  'forged names': FORGED_NAMES,
  'tar links': TAR_LINKS,
  'forged links': FORGED_LINKS,
  'PAX and GNU': PAX_AND_GNU,
  'tar sizes': TAR_SIZES,
  'forged sizes': FORGED_SIZES,
  'gzip members': GZIP_MEMBERS,
  'forged members': FORGED_MEMBERS,
  'name collisions': NAME_COLLISIONS,
  'forged collisions': FORGED_COLLISIONS,
  'digest lists': DIGEST_LISTS,
  'forged lists': FORGED_LISTS,
  'hostile JSON': METADATA_JSON,
  'forged JSON': FORGED_JSON,
};
const HEAVY = [
  ...Object.entries(BOMBS),
  ...Object.entries(FORGED_BOMBS).map(([title, attack]) => [`${title} (forged)`, attack] as const),
];

const place = useFolder();
let shelf: string;
beforeAll(async () => {
  shelf = join(place.folder, 'shelf');
  await mkdir(shelf);
});

async function bundleFile(archive: Attacks[string][1], name: string): Promise<string> {
  const path = join(shelf, `${name}.tar.gz`);
  await writeFile(path, await archive());
  return path;
}

function expectHarmless({ peakBytes, cpuMs, left, stdout, stderr }: Watched): void {
  expect(left).toEqual([]);
  expect(cpuMs).toBeLessThan(MAX_CPU_MS);
  expect(peakBytes).toBeLessThan(MAX_PEAK_BYTES);
  expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
}

function expectRefused(watched: Watched, code: string): void {
  const { exitCode, stdout } = watched;
  expect({ exitCode, error: JSON.parse(stdout) as unknown }).toMatchObject({
    exitCode: 3,
    error: { error: { code } },
  });
  expectHarmless(watched);
}

describe('the command on a hostile bundle', () => {
  describe.each(Object.entries(FAMILIES))('of the family %s', (family, attacks) => {
    const all = Object.entries(attacks);
    const some = all.filter((_, index) => index % Math.ceil(all.length / SAMPLES) === 0);
    it.each(some)('refuses to verify: %s', async (title, [code, archive]) => {
      const file = await bundleFile(
        archive,
        `${family} ${all.findIndex(([name]) => name === title)}`.replaceAll(' ', '-'),
      );
      expectRefused(await runWatched(['bundle', 'verify', file, '--json']), code);
    });
  });

  describe('that is small and becomes large', () => {
    it.each(HEAVY)('refuses to verify and to deploy: %s', async (title, [code, archive]) => {
      const file = await bundleFile(archive, title.replaceAll(/\W/g, '-'));
      const [verified, deployed] = await Promise.all([
        runWatched(['bundle', 'verify', file, '--json']),
        runWatched(['deploy', '--bundle', file, '--target-path', 'TARGET', '--skip-load-test']),
      ]);
      expectRefused(verified, code);
      expect(deployed.exitCode).toBe(3);
      expectHarmless(deployed);
    });
  });

  it('lists a folder full of them, each with its failure', async () => {
    const listed = await runWatched(['bundle', 'list', '--dir', shelf]);
    expect(listed.exitCode).toBe(0);
    expect(listed.left).toEqual([]);
    expect(listed.peakBytes).toBeLessThan(MAX_PEAK_BYTES);
    expect(listed.stdout.match(/BUNDLE_\w+/g)?.length).toBeGreaterThan(30);
  });
});

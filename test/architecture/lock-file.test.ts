import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, unknown>
>;

describe('package-lock.json', () => {
  // npm drops an optional package that it cannot resolve, and `npm ci` of npm 11 then refuses the whole lock.
  it('holds every package that another one names, optional ones for other platforms too', () => {
    const missing = Object.entries(lock.packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !isLocked(name, path)),
    );
    expect(missing).toEqual([]);
  });

  it('knows the command and the peers of package.json, so that an install leaves the tree clean', () => {
    const { name, version, bin, engines, dependencies, devDependencies, peerDependencies } = manifest;
    const expected = { name, version, bin, engines, dependencies, devDependencies, peerDependencies };
    expect(lock.packages['']).toMatchObject(expected);
  });
});

/** As Node resolves it: beside the package, or in any folder above. */
function isLocked(name: string, from: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const prefix = folder === '' ? '' : `${folder}/`;
    if (lock.packages[`${prefix}node_modules/${name}`] !== undefined) return true;
    if (folder === '') return false;
  }
}

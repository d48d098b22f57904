/** What can be checked of a release that was adopted, which has no digests: that it is there, as it was, and loads. */
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { escapeText, type Warning } from '../core/index.ts';
import { isSameThing, toFolder, type Adoption } from './adoption.ts';
import { DeployFailure } from './error.ts';
import { compareInventories, takeInventory } from './inventory.ts';
import { withoutInference } from './judge-load-test.ts';
import { LOAD_TEST_SKIPPED, runLoadTest, type LoadTestOptions, type LoadTestResult } from './load-test.ts';

/**
 * With `isVouched`, files that changed are a warning: somebody gave a reason for going there at once. Throws
 * `DEPLOY_RELEASE_DAMAGED`, `SYSTEM_*`.
 */
export async function checkAdopted(
  directory: string,
  { thing, inventory }: Adoption,
  { isVouched }: { readonly isVouched: boolean },
): Promise<readonly Warning[]> {
  const stats = await lstat(directory, { bigint: true }).catch(() => null);
  const isSame =
    thing.kind === 'folder'
      ? stats?.isDirectory() === true && isSameThing(toFolder(stats), thing)
      : stats?.isSymbolicLink() === true;
  const leadsSomewhere = await stat(directory).then(
    () => true,
    () => false,
  );
  if (!isSame || !leadsSomewhere) {
    const received = !leadsSomewhere ? 'nothing' : 'another folder of that name';
    throw damaged(directory, { expected: `the ${thing.kind} that was adopted`, received });
  }
  const changed = inventory === null ? [] : compareInventories(inventory, await takeInventory(directory));
  if (changed.length === 0) return [];
  const shown = changed.slice(0, 5).map((path) => escapeText(path));
  const files = [...shown, ...(changed.length > 5 ? [`${changed.length - 5} more`] : [])].join(', ');
  if (!isVouched) throw damaged(directory, { expected: 'the files as they were adopted', received: files });
  const message = `Since it was adopted, files in ${escapeText(directory)} were changed: ${files}.`;
  return [{ code: 'DEPLOY_ADOPTED_CHANGED', message }];
}

/**
 * Loads the only GGUF in it. Throws `DEPLOY_NOTHING_TO_TEST` where there is none, or several, and what `runLoadTest`
 * throws. Told to skip, it looks at nothing: somebody vouches for it.
 */
export async function testAdopted(directory: string, options: LoadTestOptions): Promise<LoadTestResult> {
  if (options.skip) {
    const note = 'as asked; not even the structure of what was adopted was checked.';
    return { report: withoutInference('skipped', null, note), warnings: [LOAD_TEST_SKIPPED] };
  }
  const models = await findModels(directory);
  const [path] = models;
  if (path !== undefined && models.length === 1) return runLoadTest({ kind: 'gguf', paths: [path] }, options);
  throw new DeployFailure(
    'DEPLOY_NOTHING_TO_TEST',
    `${directory} was adopted, and cannot be load-tested: it has ${models.length === 0 ? 'no GGUF' : 'several'}.`,
    { details: { expected: 'one .gguf file', received: `${models.length} of them` } },
  );
}

/** Resolved, each file once. */
async function findModels(directory: string): Promise<readonly string[]> {
  const place = await realpath(directory);
  if (!(await stat(place)).isDirectory()) return place.endsWith('.gguf') ? [place] : [];
  const names = await readdir(place, { recursive: true });
  const files = names.filter((name) => name.endsWith('.gguf')).map((name) => join(place, name));
  return [...new Set(await Promise.all(files.map((path) => realpath(path).catch(() => path))))];
}

function damaged(
  directory: string,
  sides: { readonly expected: string; readonly received: string },
): DeployFailure {
  return new DeployFailure(
    'DEPLOY_RELEASE_DAMAGED',
    `${directory} is not as it was adopted: ${sides.received}.`,
    {
      details: { release_path: directory, ...sides },
      hint: `Look at it; where only files changed, a reason lets them pass: milton rollback --to ${basename(directory)} --now REASON`,
    },
  );
}

/** Writes the example suite where there is none, and overwrites nothing. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeText, formatJson, isErrno } from '../core/index.ts';
import { makeDirectory, toSystemFailure, writeFileAtomic } from '../system/index.ts';
import { BenchFailure } from './error.ts';
import { EXAMPLE_SUITE } from './example-suite.ts';

/** The paths that were written. Throws `BENCH_SUITE_EXISTS`, and `SYSTEM_…` where the folder cannot be written to. */
export async function initSuite(directory: string): Promise<readonly string[]> {
  const names = Object.keys(EXAMPLE_SUITE);
  const there = await listFolder(directory);
  const taken = names.find((name) => there.includes(name));
  if (taken !== undefined) {
    const path = join(directory, taken);
    throw new BenchFailure(
      'BENCH_SUITE_EXISTS',
      `${escapeText(path)} is there already; nothing was written.`,
      { details: { path, expected: 'no file of a suite', received: taken } },
    );
  }
  await makeDirectory(directory);
  const paths: string[] = [];
  for (const [name, document] of Object.entries(EXAMPLE_SUITE)) {
    const path = join(directory, name);
    await writeFileAtomic(path, formatJson(document), { exclusive: true });
    paths.push(path);
  }
  return paths;
}

async function listFolder(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw toSystemFailure(error, { path: directory, action: 'read' });
  }
}

/** Everything that can befall a release on a disk, done for real. */
import {
  appendFile,
  chmod,
  open,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import { hashBytes } from '../../src/system/index.ts';

/** Of the last byte. */
export async function flipByte(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const at = (await handle.stat()).size - 1;
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Uint8Array.of((buffer[0] ?? 0) ^ 1), 0, 1, at);
  } finally {
    await handle.close();
  }
}

/** What is wrong, how it is brought about in a release of `v1`, and what must be found. */
export type Damage = readonly [what: string, damage: (release: string) => Promise<unknown>, found: object];

export const weights = (release: string): string => join(release, 'model/v1.gguf');

/** In what SHA256SUMS lists, and in the list. */
export const IN_WHAT_IS_LISTED: readonly Damage[] = [
  [
    'one bit of the weights is flipped',
    (at) => flipByte(weights(at)),
    { path: 'model/v1.gguf', kind: 'changed' },
  ],
  [
    'the weights are truncated',
    (at) => truncate(weights(at), 1000),
    { path: 'model/v1.gguf', kind: 'changed' },
  ],
  [
    'the weights go on after their end',
    (at) => appendFile(weights(at), 'x'),
    { path: 'model/v1.gguf', kind: 'changed' },
  ],
  ['the weights are missing', (at) => rm(weights(at)), { path: 'model/v1.gguf', kind: 'missing' }],
  [
    'the weights are a link to the same bytes elsewhere',
    async (at) => {
      const elsewhere = join(dirname(at), '..', 'elsewhere.gguf');
      await rename(weights(at), elsewhere);
      await symlink(elsewhere, weights(at));
    },
    { path: 'model/v1.gguf', kind: 'not-a-file' },
  ],
  [
    'the manifest is changed',
    (at) => appendFile(join(at, 'manifest.json'), ' '),
    { path: 'manifest.json', kind: 'changed' },
  ],
  ['SHA256SUMS is missing', (at) => rm(join(at, 'SHA256SUMS')), { path: 'SHA256SUMS', kind: 'missing' }],
  [
    'SHA256SUMS and the weights were exchanged together',
    exchangeWeights,
    { path: 'SHA256SUMS', kind: 'changed' },
  ],
  [
    'SHA256SUMS and the manifest were exchanged together',
    exchangeManifest,
    { path: 'SHA256SUMS', kind: 'changed' },
  ],
];

/** The listed files are sound. */
export const AROUND_IT: readonly Damage[] = [
  [
    'there is a file too many',
    (at) => writeFile(join(at, 'model/x.gguf'), ''),
    { path: 'model/x.gguf', kind: 'extra' },
  ],
  [
    'there is a file beside the others',
    (at) => writeFile(join(at, 'notes'), ''),
    { path: 'notes', kind: 'extra' },
  ],
  [
    'everybody may write into the weights',
    (at) => chmod(weights(at), 0o666),
    { path: 'model/v1.gguf', kind: 'writable-for-all' },
  ],
  [
    'everybody may write into a folder',
    (at) => chmod(join(at, 'model'), 0o777),
    { path: 'model', kind: 'writable-for-all' },
  ],
  [
    'model.env was edited',
    (at) => appendFile(join(at, 'model.env'), 'X=1\n'),
    { path: 'model.env', kind: 'changed' },
  ],
  [
    'DEPLOYED_AT was edited',
    (at) => writeFile(join(at, 'DEPLOYED_AT'), 'now'),
    { path: 'DEPLOYED_AT', kind: 'changed' },
  ],
  ['model.gguf is gone', (at) => rm(join(at, 'model.gguf')), { path: 'model.gguf', kind: 'missing' }],
];

async function exchangeWeights(release: string): Promise<void> {
  const bytes = await ggufBytes(
    sampleModel({ blockCount: 1, embeddingLength: 64, feedForwardLength: 64, seed: 99 }),
  );
  const list = join(release, 'SHA256SUMS');
  const before = hashBytes(await readFile(weights(release)));
  await writeFile(weights(release), bytes);
  await writeFile(list, (await readFile(list, 'utf8')).replace(before, hashBytes(bytes)));
}

async function exchangeManifest(release: string): Promise<void> {
  const path = join(release, 'manifest.json');
  const list = join(release, 'SHA256SUMS');
  const before = hashBytes(await readFile(path));
  await appendFile(path, '\n');
  const after = hashBytes(await readFile(path));
  await writeFile(list, (await readFile(list, 'utf8')).replace(before, after));
}

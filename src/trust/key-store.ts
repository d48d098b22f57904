/** Keys in a folder: `NAME.pem` (private, 0600) and `NAME.pub.pem` beside it. A key is never overwritten. */
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { escapeText, Failure, messageOf } from '../core/index.ts';
import {
  fileIdentity,
  makeDirectory,
  SystemFailure,
  withFileSource,
  writeFileAtomic,
} from '../system/index.ts';
import { TrustFailure } from './error.ts';
import { formatPrivateKey } from './key-generate.ts';
import { formatPublicKey, isEncryptedKey, parsePublicKey } from './key-parse.ts';
import { MAX_KEY_BYTES, MAX_STORED_KEYS } from './limits.ts';
import type { KeyCurve, SigningKey } from './types.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const PRIVATE_END = '.pem';
const PUBLIC_END = '.pub.pem';

export interface KeyPlace {
  /** Made, for this user alone, where it is missing. */
  readonly directory: string;
}

export interface SavedKey {
  readonly privatePath: string;
  readonly publicPath: string;
}

export interface ListedKey {
  readonly name: string;
  readonly publicPath: string;
  /** Null where only the public half is there. */
  readonly privatePath: string | null;
  readonly isEncrypted: boolean;
  readonly key: { readonly id: string; readonly curve: KeyCurve } | null;
  /** What is wrong with it; null where nothing is. */
  readonly problem: string | null;
}

/** The content of a key file, and whether others than its owner may read it. */
export interface KeyFile {
  readonly path: string;
  readonly pem: Uint8Array;
  readonly isReadableByOthers: boolean;
}

/** Throws `TRUST_KEY_NAME_INVALID`, `TRUST_KEY_EXISTS`, `SYSTEM_*`; neither file is there then. */
export async function saveKeyPair(
  key: SigningKey,
  {
    name,
    directory,
    passphrase,
  }: KeyPlace & { readonly name: string; readonly passphrase?: string | undefined },
): Promise<SavedKey> {
  assertName(name);
  // The folder above is not for keys alone.
  await makeDirectory(dirname(directory));
  await makeDirectory(directory, 0o700);
  const privatePath = join(directory, name + PRIVATE_END);
  const publicPath = join(directory, name + PUBLIC_END);
  for (const path of [privatePath, publicPath])
    if ((await fileIdentity(path)) !== null) throw exists(name, path);
  await saveNew(privatePath, formatPrivateKey(key, { passphrase }), { name, mode: 0o600 });
  try {
    await saveNew(publicPath, formatPublicKey(key), { name, mode: 0o644 });
  } catch (error) {
    await rm(privatePath, { force: true });
    throw error;
  }
  return { privatePath, publicPath };
}

/** Sorted by name; a file that is no key is listed with what is wrong with it. */
export async function listKeys({ directory }: KeyPlace): Promise<readonly ListedKey[]> {
  const files = new Set(await readdir(directory).catch(() => []));
  const names = new Set([...files].filter((file) => file.endsWith(PRIVATE_END)).map((file) => nameOf(file)));
  const known = [...names].filter((name) => NAME.test(name)).toSorted();
  return Promise.all(known.slice(0, MAX_STORED_KEYS).map((name) => describeKey(name, { directory, files })));
}

/** A key by its name in the folder, or by a path. Throws `TRUST_KEY_MISSING`, `TRUST_KEY_INVALID`, `SYSTEM_*`. */
export async function readKeyFile(
  named: string,
  { directory, half }: KeyPlace & { readonly half: 'private' | 'public' },
): Promise<KeyFile> {
  if (named.includes('-----BEGIN ')) {
    // It could be the private half: nothing of it is repeated.
    throw new TrustFailure('TRUST_KEY_MISSING', 'A key was given where the name or path of one belongs.', {
      details: { expected: 'a name, or the path of a PEM file', received: 'the key itself' },
    });
  }
  const stored = NAME.test(named)
    ? join(directory, named + (half === 'private' ? PRIVATE_END : PUBLIC_END))
    : null;
  const path = stored !== null && (await fileIdentity(stored)) !== null ? stored : named;
  try {
    return await readWhole(path);
  } catch (error) {
    if (!(error instanceof SystemFailure) || error.code !== 'SYSTEM_FILE_MISSING') throw error;
    throw new TrustFailure('TRUST_KEY_MISSING', `There is no ${half} key ${escapeText(named)}.`, {
      details: {
        expected: stored === null ? 'a file of that path' : 'a key of that name, or a file of that path',
        received: escapeText(named),
      },
      cause: error,
    });
  }
}

async function readWhole(path: string): Promise<KeyFile> {
  return withFileSource(path, async (source) => {
    if (source.sizeBytes > MAX_KEY_BYTES) {
      throw new TrustFailure('TRUST_KEY_INVALID', `${source.name} is no key in PEM.`, {
        details: { path, expected: `at most ${MAX_KEY_BYTES} bytes`, received: `${source.sizeBytes} bytes` },
      });
    }
    const { mode } = await source.handle.stat();
    const isReadableByOthers = process.platform !== 'win32' && (mode & 0o077) !== 0;
    return { path, pem: await source.read(0, source.sizeBytes), isReadableByOthers };
  });
}

async function describeKey(
  name: string,
  { directory, files }: KeyPlace & { readonly files: ReadonlySet<string> },
): Promise<ListedKey> {
  const publicPath = join(directory, name + PUBLIC_END);
  const privatePath = files.has(name + PRIVATE_END) ? join(directory, name + PRIVATE_END) : null;
  const listed = { name, publicPath, privatePath };
  try {
    const { id, curve } = parsePublicKey((await readWhole(publicPath)).pem, { name: publicPath });
    const secret = privatePath === null ? null : await readWhole(privatePath);
    return {
      ...listed,
      key: { id, curve },
      isEncrypted: secret !== null && isEncryptedKey(secret.pem, { name: secret.path }),
      problem: secret?.isReadableByOthers === true ? 'others can read the private key' : null,
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...listed, key: null, isEncrypted: false, problem: messageOf(error) };
  }
}

function nameOf(file: string): string {
  return file.slice(0, -(file.endsWith(PUBLIC_END) ? PUBLIC_END : PRIVATE_END).length);
}

async function saveNew(
  path: string,
  pem: string,
  { name, mode }: { readonly name: string; readonly mode: number },
): Promise<void> {
  try {
    await writeFileAtomic(path, pem, { mode, exclusive: true });
  } catch (error) {
    if (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_EXISTS') throw exists(name, path);
    throw error;
  }
}

function assertName(name: string): void {
  // NAME.pub would take the name of the public half of NAME.
  if (NAME.test(name) && !/\.(?:pub|pem)$/i.test(name)) return;
  throw new TrustFailure('TRUST_KEY_NAME_INVALID', `"${escapeText(name, 80)}" cannot be the name of a key.`, {
    details: { expected: `${NAME.source}, and no .pub or .pem at its end`, received: escapeText(name, 80) },
  });
}

function exists(name: string, path: string): TrustFailure {
  return new TrustFailure('TRUST_KEY_EXISTS', `There is a key ${escapeText(name)} already.`, {
    details: { path, expected: 'a name that is free', received: escapeText(name) },
  });
}

/** The tables of attacks on bundles, what they are built from, and what is asked of each: refused by name, and nothing left. */
import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { BundleFailure, extractBundle, inspectBundle } from '../../src/bundle/index.ts';
import { memorySource, type JsonObject, type JsonValue } from '../../src/core/index.ts';
import {
  bundleBytes,
  privateFolder,
  pythonFiles,
  rawBundle,
  sha256,
  toEntries,
  TOP,
  withFolder,
  type RawEntry,
} from '../unit/bundle/bundle-fixtures.ts';
import { forgeBundle, type Forgery } from '../unit/bundle/forge-bundle.ts';

/** Title → the one permanent code, and the archive. */
export type Attacks = Readonly<
  Record<string, readonly [code: string, archive: () => Buffer | Promise<Buffer>]>
>;

/** A sound bundle of the Python tool, as entries. */
export const GOOD: readonly RawEntry[] = toEntries(pythonFiles());
export const MODEL = `${TOP}/model/model-q4_0.gguf`;

/** Each archive is sound but for what its title names. */
export function refuses(attacks: Attacks): void {
  it.each(Object.entries(attacks))('is refused: %s', async (_, [code, archive]) => {
    const bytes = await archive();
    await withFolder(async (folder) => {
      const staging = await privateFolder(folder);
      const error = await extractBundle(memorySource(bytes, 'bundle'), staging).catch(
        (failure: unknown) => failure,
      );
      expect(error).toBeInstanceOf(BundleFailure);
      expect(error).toMatchObject({ code, exitCode: 3 });
      // Nothing in a message can move a cursor or hide.
      expect(JSON.stringify((error as BundleFailure).toReport())).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(await readdir(staging)).toEqual([]);
      expect(await readdir(folder)).toEqual(['staging']);
      // Looking in is no way around: what is read of it is refused with a failure too, or is the sound part before the attack.
      await inspectBundle(memorySource(bytes, 'bundle')).catch((failure: unknown) =>
        expect(failure).toBeInstanceOf(BundleFailure),
      );
    });
  });
}

/** A sound bundle of the Python tool, and these entries behind it. */
export function withMore(...more: readonly RawEntry[]): Buffer {
  return rawBundle([...GOOD, ...more]);
}

/** A bundle of the Python tool whose lists name these files, as they should. */
export function listed(model: Readonly<Record<string, Uint8Array>>): Buffer {
  return rawBundle(toEntries(pythonFiles(model)));
}

/** A bundle of the Python tool with another file in place of one, the digests as they were. */
export function replaced(path: string, bytes: Uint8Array): Buffer {
  const files = pythonFiles();
  files.set(path, bytes);
  return rawBundle(toEntries(files));
}

export function withManifest(manifest: JsonObject): Buffer {
  return rawBundle(toEntries(pythonFiles(undefined, { manifest })));
}

/** A format-2 bundle changed by somebody who makes every CRC and digest right again. */
export async function forged(forgery: Forgery): Promise<Buffer> {
  return forgeBundle(await bundleBytes(), forgery);
}

/** A format-2 bundle whose four lists name these files of one byte, and agree. */
export function forgedPaths(...paths: readonly string[]): Promise<Buffer> {
  const digest = sha256('');
  return forged({
    edit: {
      'manifest.json': (value) => {
        value['files'] = Object.fromEntries(paths.map((path) => [path, digest]));
        value['total_size_bytes'] = paths.length;
      },
      'edge.json': (value) => {
        value['artifact'] = {
          ...(value['artifact'] as JsonObject),
          size_bytes: paths.length,
          files: paths.map((path) => ({ path, size_bytes: 1 })),
        };
      },
    },
    files: (files) => {
      const metadata = [...files].filter(([name]) => name.endsWith('.json'));
      const lines = [
        ...metadata.map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`),
        ...paths.map((path) => `${digest}  ${path}\n`),
      ];
      files.set('SHA256SUMS', Buffer.from(lines.toSorted().join('')));
    },
  });
}

/** A format-2 bundle with this text in place of one of its JSON files. */
export function forgedText(name: string, text: string | Uint8Array): Promise<Buffer> {
  return forged({ files: (files) => files.set(name, Buffer.from(text)) });
}

/** A format-2 bundle, one of its JSON files edited. */
export function forgedJson(
  name: string,
  change: (value: Record<string, JsonValue>) => void,
): Promise<Buffer> {
  return forged({ edit: { [name]: change } });
}

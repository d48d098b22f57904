/** A llama-server that is a script: it speaks the protocol, runs no model, and misbehaves as it is told. */
import { chmod, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface FakeServer {
  readonly path: string;
  /** What it was started with, once for each start, and what it was asked, in order. */
  log(): Promise<readonly FakeServerEntry[]>;
}

export type FakeServerEntry =
  | { readonly args: readonly string[]; readonly environment: readonly string[] }
  | { readonly page: string; readonly body: Readonly<Record<string, unknown>> };

/** `how` is one of the words of test/fixtures/engine/llama-server.mjs; `sound` misbehaves in no way. */
export async function fakeServer(folder: string, how = 'sound'): Promise<FakeServer> {
  const path = join(folder, `llama-server.${how}.mjs`);
  await copyFile(fileURLToPath(new URL('../fixtures/engine/llama-server.mjs', import.meta.url)), path);
  await chmod(path, 0o755);
  return {
    path,
    async log() {
      const text = await readFile(`${path}.log`, 'utf8').catch(() => '');
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as FakeServerEntry);
    },
  };
}

/** The flags of its last start. */
export async function lastFlags(server: FakeServer): Promise<readonly string[]> {
  const starts = (await server.log()).filter((entry) => 'args' in entry);
  return starts.at(-1)?.args ?? [];
}

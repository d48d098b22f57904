/** The tiny models of test/fixtures/families, and how far llama.cpp is from what PyTorch computed with them. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Expected {
  readonly text: string;
  readonly ids: readonly number[];
  readonly log_probabilities: readonly (readonly number[])[];
}

const FAMILIES = fileURLToPath(new URL('../fixtures/families', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../fixtures/llama-logits.mjs', import.meta.url));

export const FAMILY_NAMES: readonly string[] = readdirSync(FAMILIES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export function familyPath(name: string): string {
  return join(FAMILIES, name);
}

export async function readExpected(name: string): Promise<Expected> {
  return JSON.parse(await readFile(join(FAMILIES, name, 'expected.json'), 'utf8')) as Expected;
}

/** Log-probabilities of the whole vocabulary after each of the ids, and the ids of the texts, as llama.cpp has them. */
export async function askLlama(
  modelPath: string,
  request: { readonly ids?: readonly number[]; readonly texts?: readonly string[] },
): Promise<{
  readonly log_probabilities: readonly (readonly number[])[];
  readonly tokens: readonly (readonly number[])[];
}> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [SCRIPT, modelPath, JSON.stringify(request)],
    {
      maxBuffer: 64 * 2 ** 20,
    },
  );
  return JSON.parse(stdout) as Awaited<ReturnType<typeof askLlama>>;
}

/** How its text is cut, and the largest difference of two log-probabilities, of every token at every place. */
export async function compare(
  name: string,
  modelPath: string,
): Promise<{ readonly difference: number; readonly tokens: readonly number[] }> {
  const { text, ids, log_probabilities: expected } = await readExpected(name);
  const { log_probabilities: found, tokens } = await askLlama(modelPath, { ids, texts: [text] });
  const differences = expected.flatMap((row, place) =>
    row.map((value, id) => Math.abs(value - (found[place]?.[id] ?? Infinity))),
  );
  return { difference: Math.max(...differences), tokens: tokens[0] ?? [] };
}

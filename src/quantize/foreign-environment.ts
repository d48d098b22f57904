/** What a program that is not ours is not to learn or be steered by, of the variables around us. */
import process from 'node:process';

/**
 * For `spawnContained`: `LLAMA_…` stands for options of llama.cpp's programs, and a token for a model hub is nothing that
 * quantizing or converting a file of this machine needs.
 */
export function foreignEnvironment(
  names: readonly string[] = Object.keys(process.env),
): Readonly<Record<string, string | undefined>> {
  const unwanted = names.filter((name) => /^(?:LLAMA_|HF_|HUGGING_?FACE|MODEL_ENDPOINT$)/.test(name));
  return Object.fromEntries(unwanted.map((name) => [name, undefined]));
}

/** A checked model directory, opened to be read by what it holds: configuration, small files, and where each tensor lies. */
import { isJsonObject, parseJson, type JsonObject } from '../core/index.ts';
import { inspectDirectory, readSmall, type CheckHfOptions } from './check-directory.ts';
import { HfFailure } from './error.ts';
import { MAX_TEXT_BYTES, MAX_TOKENIZER_VALUES } from './limits.ts';
import type { HfFacts, SafetensorsTensor } from './types.ts';

export interface HfTensor extends SafetensorsTensor {
  /** Where its file is, links resolved. */
  readonly filePath: string;
  /** From the start of that file. */
  readonly fileOffset: number;
}

export interface HfModel {
  readonly facts: HfFacts;
  /** Of the files that make up the model, in no order. */
  readonly tensors: readonly HfTensor[];
  /** A file at the top of the directory that ships, as an object; null where there is none. Throws `HF_JSON_INVALID`, `CORE_JSON_*`. */
  readObject(name: string): Promise<JsonObject | null>;
}

/** Throws what `checkHfDirectory` throws. */
export async function openHfModel(path: string, options: CheckHfOptions = {}): Promise<HfModel> {
  const { facts, weights } = await inspectDirectory(path, options);
  const find = (name: string): (typeof facts.files)[number] | undefined =>
    facts.files.find((file) => file.path === name);
  return {
    facts,
    tensors: [...weights].flatMap(([name, { tensors, dataOffset }]) => {
      const filePath = find(name)?.absolutePath ?? name;
      return tensors.map((tensor) => ({ ...tensor, filePath, fileOffset: dataOffset + tensor.offset }));
    }),
    async readObject(name) {
      const file = find(name);
      if (file === undefined) return null;
      const value = parseJson(await readSmall(file, MAX_TEXT_BYTES), {
        name,
        maxBytes: MAX_TEXT_BYTES,
        maxValues: MAX_TOKENIZER_VALUES,
      });
      if (isJsonObject(value)) return value;
      throw new HfFailure('HF_JSON_INVALID', `${name} does not hold an object.`, {
        details: {
          path: name,
          expected: 'an object',
          received: Array.isArray(value) ? 'a list' : typeof value,
        },
      });
    },
  };
}

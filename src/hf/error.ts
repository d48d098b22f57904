/** The failures of `hf`: a directory that is no model, is not whole, or holds what must not be shipped. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const HF_FAILURES = {
  HF_NOT_A_DIRECTORY: {
    exitCode: 1,
    summary: 'A Hugging Face model is a directory, and the path names something else.',
    hint: 'Give the folder that holds config.json; for a single GGUF file use --gguf or --artifact gguf.',
  },
  HF_CONFIG_INVALID: {
    exitCode: 3,
    summary: 'config.json is missing, or does not say which kind of model this is.',
    hint: 'Give the folder that holds config.json with a "model_type", as save_pretrained() writes it.',
  },
  HF_TOKENIZER_MISSING: {
    exitCode: 3,
    summary: 'There is neither tokenizer.json nor tokenizer.model: the model could not read a prompt.',
    hint: 'Save the tokenizer into the same folder: tokenizer.save_pretrained(FOLDER)',
  },
  HF_TOKENIZER_INVALID: {
    exitCode: 3,
    summary:
      'tokenizer.json has no model with a vocabulary, or tokenizer.model is neither SentencePiece nor tiktoken.',
    hint: 'Save the tokenizer again: tokenizer.save_pretrained(FOLDER)',
  },
  HF_JSON_INVALID: {
    exitCode: 3,
    summary:
      'A JSON file of the directory breaks the grammar, has a key twice, or does not have the shape that loaders expect of it.',
    hint: 'Copy the file again, or have transformers write it: save_pretrained(FOLDER)',
  },
  HF_WEIGHTS_MISSING: {
    exitCode: 3,
    summary: 'The directory holds no weights in safetensors format.',
    hint: 'Save the model as safetensors: model.save_pretrained(FOLDER, safe_serialization=True)',
  },
  HF_INDEX_INVALID: {
    exitCode: 3,
    summary:
      'The safetensors index and the shards do not agree: one is missing, or a tensor is not where it should be.',
    hint: 'Copy or save the model again, so that the index and every shard come from the same save.',
  },
  HF_SAFETENSORS_INVALID: {
    exitCode: 3,
    summary: 'A safetensors file breaks the format: its header, an offset, or its size.',
    hint: 'Copy the file again and compare its size with the original.',
  },
  HF_SAFETENSORS_LIMIT: {
    exitCode: 3,
    summary:
      'The headers of the safetensors files are larger, or nested deeper, than those of any model; reading them could exhaust the memory.',
    hint: 'Check where the files come from: the headers of real models take a few megabytes.',
  },
  HF_UNSAFE_FILE: {
    exitCode: 3,
    summary:
      'The directory holds a file that may run code or give away a secret (pickle, archive, machine code, script, key), or that is nothing a model is made of.',
    hint: 'Convert the weights to safetensors and move this file out of the folder; if you know what it does and need it, add: --allow-unsafe-files',
  },
  HF_REMOTE_CODE: {
    exitCode: 3,
    summary:
      'The model brings Python code of its own, which loaders run (auto_map, custom_generate and the like).',
    hint: 'Use a model whose classes transformers has itself; if you have read the code and trust it, add: --allow-unsafe-files',
  },
  HF_LINK_UNSAFE: {
    exitCode: 3,
    summary:
      'The directory holds a link that leaves it, leads to another link, to a folder around it, to what does not ship, or nowhere.',
    hint: 'Copy the directory with its links resolved: cp -rL FOLDER NEW_FOLDER',
  },
  HF_DIRECTORY_LIMIT: {
    exitCode: 3,
    summary: 'The directory holds more entries, deeper folders, more tensors or larger texts than any model.',
    hint: 'Check that this is the folder you meant.',
  },
} as const satisfies FailureCatalogue;

export type HfCode = keyof typeof HF_FAILURES;

export class HfFailure extends Failure<HfCode> {
  constructor(code: HfCode, message: string, options?: FailureOptions) {
    super(HF_FAILURES, code, message, options);
  }
}

/** The failures of `quantize`: models that cannot be quantized, and tools that cannot do it. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const QUANTIZE_FAILURES = {
  QUANTIZE_NO_LIBRARY: {
    exitCode: 1,
    summary: 'Quantizing is work of llama.cpp, whose library is not installed for this machine.',
    hint: 'Install it beside milton-edge with: npm install -g node-llama-cpp@3.22.1',
  },
  QUANTIZE_LIBRARY_UNKNOWN: {
    exitCode: 1,
    summary: 'The library of llama.cpp is of a release whose structures this version does not know.',
    hint: 'Install the release that this version is made for with: npm install -g node-llama-cpp@3.22.1',
  },
  QUANTIZE_SAME_FILE: {
    exitCode: 2,
    summary: 'The model was to be quantized into itself; the library would destroy it.',
    hint: 'Name another file with --out.',
  },
  QUANTIZE_OUTPUT_EXISTS: {
    exitCode: 1,
    summary: 'There is a file of that name already, and nothing is overwritten.',
    hint: 'Move it away, or name another file with --out.',
  },
  QUANTIZE_ALREADY_QUANTIZED: {
    exitCode: 3,
    summary: 'The weights were quantized before; quantizing them again would lose more than the type says.',
    hint: 'Start from the file in F32, F16 or BF16 that this one was made from.',
  },
  QUANTIZE_LAYOUT_UNSUPPORTED: {
    exitCode: 3,
    summary: 'The file is laid out in a way that the quantizer cannot keep.',
    hint: 'Write it again with the usual alignment of 32 bytes and in one file; llama-gguf-split --merge joins shards.',
  },
  QUANTIZE_FAILED: {
    exitCode: 3,
    summary: 'llama.cpp could not quantize the model; the message quotes its reason.',
    hint: 'See what is wrong with the file with: milton gguf check FILE',
  },
  QUANTIZE_CRASHED: {
    exitCode: 3,
    summary: 'The process that quantized the model ended by itself.',
    hint: 'Check the file it was made from with: milton gguf check FILE',
  },
  QUANTIZE_OUT_OF_MEMORY: {
    exitCode: 1,
    summary: 'Quantizing needed more memory than this machine can spare.',
    hint: 'Free memory, or quantize on another machine; the largest tensor has to fit several times.',
  },
  QUANTIZE_NO_ROOM: {
    exitCode: 1,
    summary: 'The disk has no room for the quantized model.',
    hint: 'Free as many bytes as the message says, or write to another disk with --out.',
  },
  QUANTIZE_IMATRIX_INVALID: {
    exitCode: 3,
    summary: 'The file given as importance matrix is none, or is damaged; the message says where.',
    hint: 'Make it again with llama-imatrix, or leave --imatrix away.',
  },
  QUANTIZE_IMATRIX_OTHER_MODEL: {
    exitCode: 3,
    summary: 'The importance matrix was made from another model: weights differ by name or size.',
    hint: 'Make one from this very model, before it is quantized: llama-imatrix -m MODEL.gguf -f TEXT.txt',
  },
  QUANTIZE_IMATRIX_NEEDED: {
    exitCode: 3,
    summary:
      'The type takes so few bits that it needs an importance matrix, and there is none for some weight.',
    hint: 'Make one with llama-imatrix and name it with --imatrix, or take a larger type: milton quantize --type Q4_K_M',
  },
  QUANTIZE_TOOL_MISSING: {
    exitCode: 1,
    summary:
      'There is no llama-quantize where --tool or LLAMA_CPP_DIR says; the packaged library is not used instead.',
    hint: 'Build it with cmake --build build --target llama-quantize, or take the packaged library: milton quantize --tool packaged',
  },
  QUANTIZE_TOOL_UNUSABLE: {
    exitCode: 1,
    summary:
      'The file given as llama-quantize may not be executed, or is none that can tell what it would do.',
    hint: 'Name a llama-quantize that knows --dry-run, or take the packaged library: milton quantize --tool packaged',
  },
  CONVERT_SCRIPT_MISSING: {
    exitCode: 1,
    summary:
      'LLAMA_CPP_DIR holds no convert_hf_to_gguf.py, which was to convert what the converter here does not know.',
    hint: 'Let LLAMA_CPP_DIR name a checkout of llama.cpp, not only what was built from it.',
  },
  CONVERT_SCRIPT_UNUSABLE: {
    exitCode: 1,
    summary: 'convert_hf_to_gguf.py could not be started: Python, or a module that it needs, is missing.',
    hint: 'Activate the environment that holds them: pip install -r requirements.txt in the checkout makes one.',
  },
  CONVERT_SCRIPT_FAILED: {
    exitCode: 3,
    summary: 'convert_hf_to_gguf.py could not convert the model; the message quotes its last words.',
    hint: 'Look at what it says; a newer llama.cpp may know the model.',
  },
  CONVERT_UNSUPPORTED: {
    exitCode: 3,
    summary: 'The model has something that the converter does not know for sure, which the message names.',
    hint: 'Let convert_hf_to_gguf.py of llama.cpp try: LLAMA_CPP_DIR=/path/to/llama.cpp milton quantize …',
  },
  CONVERT_CONFIG_INVALID: {
    exitCode: 3,
    summary: 'config.json or the tokenizer lacks what a converter needs, or says something impossible.',
    hint: 'Take the files of the model as they were published; a merge or a fine-tuning may have left something out.',
  },
  CONVERT_TENSORS_DISAGREE: {
    exitCode: 3,
    summary: 'The weights are not those that config.json describes.',
    hint: 'Check that weights and config.json belong to the same model.',
  },
  CONVERT_TOKENS_DIFFER: {
    exitCode: 3,
    summary:
      'The converted tokenizer cuts a text into other tokens than tokenizer.json does; the model would read nonsense, and nothing of it was kept.',
    hint: 'Check that the files of the tokenizer belong together; else convert with convert_hf_to_gguf.py of llama.cpp, then: milton quantize --model FILE.gguf',
  },
  CONVERT_TOKENS_UNCHECKED: {
    exitCode: 3,
    summary:
      'tokenizer.json could not be run to compare its tokens with those of the converted model, of which nothing was kept.',
    hint: 'Take tokenizer.json as it was published; a fine-tuning may have written something that no tokenizer can run.',
  },
  QUANTIZE_RESULT_WRONG: {
    exitCode: 3,
    summary: 'What the quantizer wrote is not the model that was to be made; it was removed.',
    hint: 'Run the same command again; if it fails again, check the disk and the memory of this machine.',
  },
} as const satisfies FailureCatalogue;

export type QuantizeCode = keyof typeof QUANTIZE_FAILURES;

export class QuantizeFailure extends Failure<QuantizeCode> {
  constructor(code: QuantizeCode, message: string, options?: FailureOptions) {
    super(QUANTIZE_FAILURES, code, message, options);
  }
}

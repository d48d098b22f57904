/** The failures of `engine`: it is not there, the model was refused, the process ended early. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const ENGINE_FAILURES = {
  ENGINE_NOT_INSTALLED: {
    exitCode: 1,
    summary: 'The job has to run a model and the engine for it is not installed, or not for this machine.',
    hint: 'Install it beside milton-edge with: npm install -g node-llama-cpp@3.22.1',
  },
  ENGINE_LOAD_FAILED: {
    exitCode: 3,
    summary: 'The engine read the model file and refused it; the message quotes its reason.',
    hint: 'milton gguf check FILE says what is wrong with the file; if it finds nothing, the engine may be too old for it.',
  },
  ENGINE_FILE_CHANGED: {
    exitCode: 3,
    summary: 'The path leads to another file than the one that was verified.',
    hint: 'Find out what replaces files there, then run the same command again.',
  },
  ENGINE_CRASHED: {
    exitCode: 3,
    summary: 'The process that ran the model ended by itself before it had answered.',
    hint: 'Do not deploy this file. Check it with: milton gguf check FILE',
  },
  ENGINE_TIMED_OUT: {
    exitCode: 3,
    summary: 'The process that ran the model had not answered within its time limit and was killed.',
    hint: 'Allow more time if this machine is slow; if the time does not help, the file is not sound.',
  },
  ENGINE_OUT_OF_MEMORY: {
    exitCode: 3,
    summary: 'The model needed more memory than its limit allows or the machine has.',
    hint: 'Use a smaller quantization or a shorter context, or free memory on this machine.',
  },
  ENGINE_LOGITS_INVALID: {
    exitCode: 3,
    summary: 'The numbers that the model answers with make no probability distribution.',
    hint: 'Quantize the model again from its source; its weights are damaged.',
  },
  ENGINE_REQUEST_INVALID: {
    exitCode: 2,
    summary: 'What was asked of the model cannot be answered: an empty text, or one longer than the context.',
    hint: 'Shorten the text, or ask for a longer context.',
  },
  ENGINE_BINARY_INVALID: {
    exitCode: 1,
    summary: 'The file given as the engine is missing, may not be executed, or is no llama-server.',
    hint: 'Name the llama-server that serves on this machine, or test with --engine embedded: --engine-path "$(command -v llama-server)"',
  },
  ENGINE_FLAG_REFUSED: {
    exitCode: 2,
    summary:
      'A flag for llama-server would fight with the test (which model, which port), reach a network, or is unknown to it.',
    hint: 'Leave that flag away; those that tune the server (-fa, -ctk, -t, -ub …) may stay.',
  },
  ENGINE_ANSWER_INVALID: {
    exitCode: 3,
    summary: 'The server answered an error, something that its protocol does not have, or for another model.',
    hint: 'Look at the last lines of the server in the details; a llama-server of December 2024 or later is needed.',
  },
  ENGINE_CHAT_UNSUPPORTED: {
    exitCode: 3,
    summary:
      'The model cannot be asked in messages: it has no chat template, or one that cannot be rendered.',
    hint: 'Ask it with a plain prompt, or serve a model that was made for chat.',
  },
  ENGINE_CLOSED: {
    exitCode: 70,
    summary: 'A model was asked after it had been closed.',
    hint: 'Report this with the command that you typed; it is a mistake in the program.',
  },
} as const satisfies FailureCatalogue;

export type EngineCode = keyof typeof ENGINE_FAILURES;

export class EngineFailure extends Failure<EngineCode> {
  constructor(code: EngineCode, message: string, options?: FailureOptions) {
    super(ENGINE_FAILURES, code, message, options);
  }
}

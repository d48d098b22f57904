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
  ENGINE_GRAMMAR_INVALID: {
    exitCode: 2,
    summary: 'The grammar that an answer was to follow is none that llama.cpp can read, or too large.',
    hint: 'Check that it is GBNF, has a rule named root, and that no rule begins with itself.',
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
  ENGINE_ADDRESS_INVALID: {
    exitCode: 2,
    summary:
      'What was given as the address of a server is no http or https URL, or holds more than an address.',
    hint: 'Give it as the server prints it, for example: --base-url http://127.0.0.1:8080/v1',
  },
  ENGINE_KEY_UNUSABLE: {
    exitCode: 2,
    summary: 'The environment variable that was to hold the key for a server is empty, or holds no key.',
    hint: 'Set that variable to the key alone, or name another variable; the key itself is never an argument.',
  },
  ENGINE_SERVER_UNREACHABLE: {
    exitCode: 1,
    summary:
      'No connection to the server came about: nobody listens there, or its certificate is not trusted.',
    hint: 'Start the server, or correct its address.',
  },
  ENGINE_SERVER_DISCONNECTED: {
    exitCode: 3,
    summary: 'The connection ended before the answer did.',
    hint: 'Look into the log of the server: it may have crashed, or a proxy between may cut off long answers.',
  },
  ENGINE_SERVER_TIMED_OUT: {
    exitCode: 3,
    summary:
      'The server sent nothing for longer than it may, or its answer was not whole within its time; the message says which.',
    hint: 'Look whether the server is busy with other work; allow more time if the machine is slow.',
  },
  ENGINE_SERVER_REFUSED: {
    exitCode: 3,
    summary:
      'The server answered with an error, in place of an answer or in the middle of one, or sent us elsewhere.',
    hint: 'The message quotes the server; its log may say more.',
  },
  ENGINE_REPLY_INVALID: {
    exitCode: 3,
    summary: "The server's answer is not what OpenAI's API has, or larger than any answer.",
    hint: 'Check that the address is that of an OpenAI-compatible API, and not of a web page beside it.',
  },
  ENGINE_MODEL_NOT_SERVED: {
    exitCode: 3,
    summary: 'The server does not list the model under the name that it is to be measured as.',
    hint: 'Start the server with that model, or say under which name it has it: --served-as VERSION=NAME',
  },
  ENGINE_OTHER_MODEL: {
    exitCode: 3,
    summary:
      'An answer came from another model than the one that was asked, or the server changed its model meanwhile.',
    hint: 'Have the server serve one model under one name, and measure again.',
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

/** The failures of `registry`: a file that is no registry, versions that are not in it, artifacts that are not there. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const REGISTRY_FAILURES = {
  REGISTRY_INVALID: {
    exitCode: 1,
    summary: 'The registry is no list of entries, or an entry has a missing, unknown or wrong field.',
    hint: 'Repair the entry that is named; own notes belong under its "metrics".',
    aftermath: 'unchanged',
  },
  REGISTRY_VERSION_UNKNOWN: {
    exitCode: 1,
    summary: 'No model of that version is registered.',
    hint: 'Run: milton models list',
    aftermath: 'unchanged',
  },
  REGISTRY_NO_LAST_GOOD: {
    exitCode: 3,
    summary: 'There is no earlier model to go back to: no entry that is not active is marked last good.',
    hint: 'Choose one yourself: milton models activate VERSION',
    aftermath: 'unchanged',
  },
  REGISTRY_VERSION_ACTIVE: {
    exitCode: 3,
    summary: 'The version to be removed is the active one.',
    hint: 'Activate another one first (milton models activate VERSION), or add --force.',
    aftermath: 'unchanged',
  },
  REGISTRY_CONTENDED: {
    exitCode: 1,
    summary: 'Another program, which takes no lock, kept rewriting the registry while it was being edited.',
    hint: 'Wait until the other program has finished, then run the same command again.',
    aftermath: 'unchanged',
  },
  REGISTRY_QUANTIZATION_TAKEN: {
    exitCode: 3,
    summary:
      'The model has a GGUF of the type that is to be made, or its entry would get the name of one that is there.',
    hint: 'Quantize to another type, or use what is there: milton models show VERSION',
    aftermath: 'unchanged',
  },
  REGISTRY_ENTRY_CHANGED: {
    exitCode: 1,
    summary: 'The entry was removed or registered anew while its model was quantized.',
    hint: 'Look at what is registered now with milton models list, then run the same command again.',
    aftermath: 'unchanged',
  },
  REGISTRY_NO_GGUF: {
    exitCode: 1,
    summary: 'The registry entry has no metrics.compression.gguf_path: there is no GGUF for this model.',
    hint: 'Ship the directory with --artifact hf-distilled, or make the GGUF from it: milton quantize VERSION',
  },
  REGISTRY_PATH_RELATIVE: {
    exitCode: 3,
    summary: 'The path of an artifact is relative, so that it names another file in every working directory.',
    hint: 'Register the model again with the path it really has: milton models register VERSION --gguf FILE',
  },
  REGISTRY_ARTIFACT_MISSING: {
    exitCode: 1,
    summary: 'The path that the registry gives for an artifact does not exist.',
    hint: 'Put the artifact back, or register the path it has now: milton models register VERSION --gguf FILE',
  },
  REGISTRY_ARTIFACT_WRONG_KIND: {
    exitCode: 3,
    summary: 'The path of an artifact is a directory where a file is needed, or the other way round.',
    hint: 'Choose the artifact type that fits what is there: --artifact gguf for a file, --artifact hf-distilled for a directory.',
  },
  REGISTRY_ARTIFACT_UNREADABLE: {
    exitCode: 1,
    summary: 'An artifact exists, but this user may not read it.',
    hint: 'Check its owner and mode with ls -l, or run as the user that owns it.',
  },
  REGISTRY_ARTIFACT_EMPTY: {
    exitCode: 3,
    summary: 'An artifact is an empty file or an empty directory.',
    hint: 'Make or copy the artifact again, then check its size.',
  },
} as const satisfies FailureCatalogue;

export type RegistryCode = keyof typeof REGISTRY_FAILURES;

export class RegistryFailure extends Failure<RegistryCode> {
  constructor(code: RegistryCode, message: string, options?: FailureOptions) {
    super(REGISTRY_FAILURES, code, message, options);
  }
}

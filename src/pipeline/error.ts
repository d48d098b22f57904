/** The failures of `pipeline`: parts that are each sound and do not fit together. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const PIPELINE_FAILURES = {
  PIPELINE_CANDIDATE_UNKNOWN: {
    exitCode: 3,
    summary: 'The benchmark run that was named did not measure the version that is to be packed.',
    hint: 'Name a run that measured it, or leave --benchmark-file away: the bundle then says that it has no evidence.',
    aftermath: 'unchanged',
  },
  PIPELINE_ARTIFACT_CHANGED: {
    exitCode: 3,
    summary:
      'The GGUF of a registered model is not the one that was registered: its SHA-256 differs from the one in the registry.',
    hint: 'Put the registered file back, or register what is there now: milton models register VERSION --gguf FILE',
    aftermath: 'unchanged',
  },
  PIPELINE_NOT_SERVABLE: {
    exitCode: 3,
    summary: 'What is live is no GGUF, and the embedded engine runs nothing else.',
    hint: 'Deploy the GGUF of that model, or start the server that can run its directory.',
    aftermath: 'unchanged',
  },
  PIPELINE_DIGEST_CONFLICT: {
    exitCode: 3,
    summary:
      'A file has other bytes than when it was last hashed, although its size, inode and times say that nothing has written to it since: a disk or memory that fails, or a program that writes through a mapping.',
    hint: 'Restore the file from a copy and look at the disk (dmesg, smartctl -a); if these bytes are right, run the same command again with --no-cache.',
    aftermath: 'unchanged',
  },
  PIPELINE_NOTHING_TO_MEASURE: {
    exitCode: 1,
    summary: 'No registered model has a GGUF, so there is nothing that a benchmark could run.',
    hint: 'Register one with: milton models register VERSION --gguf FILE, or make one with: milton quantize VERSION',
    aftermath: 'unchanged',
  },
  PIPELINE_NOTHING_MEASURED: {
    exitCode: 3,
    summary: 'A benchmark could measure none of its models; the run that was written says of each why.',
    hint: 'Do what the reasons say, and run milton bench again; the run cannot be deployed from.',
    aftermath: 'unchanged',
  },
  PIPELINE_SERVED_OTHER_BYTES: {
    exitCode: 3,
    summary:
      'A server shows a model under the name of a registered one, and states another digest: its numbers belong to other bytes.',
    hint: 'Have the server run the registered file, or say with --served-as under which name it does.',
    aftermath: 'unchanged',
  },
  PIPELINE_NOTHING_TO_RESUME: {
    exitCode: 1,
    summary: 'A benchmark was to be gone on with, and the newest run is complete, or there is none.',
    hint: 'Begin one with: milton bench',
    aftermath: 'unchanged',
  },
  PIPELINE_RUN_NOT_RESUMABLE: {
    exitCode: 3,
    summary:
      'A benchmark that was cut short cannot be gone on with: its suite was changed since, or another program wrote its run.',
    hint: 'Begin anew; what is finished and the same is carried over: milton bench',
    aftermath: 'unchanged',
  },
  PIPELINE_RELEASE_LINE_UNKNOWN: {
    exitCode: 2,
    summary:
      'A counter or an expiry was given for a bundle, and not the line of releases that it belongs to.',
    hint: 'Name the line with --line; it is usually the base model.',
    aftermath: 'unchanged',
  },
  PIPELINE_MACHINE_UNFIT: {
    exitCode: 1,
    summary:
      'Something that every deployment needs is missing on this machine, or does not work: milton doctor found out.',
    hint: 'Do what stands beside each check that is missing or failed, then run milton doctor again.',
    aftermath: 'unchanged',
  },
} as const satisfies FailureCatalogue;

export type PipelineCode = keyof typeof PIPELINE_FAILURES;

export class PipelineFailure extends Failure<PipelineCode> {
  constructor(code: PipelineCode, message: string, options?: FailureOptions) {
    super(PIPELINE_FAILURES, code, message, options);
  }
}

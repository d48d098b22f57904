/** The failures of `deploy`: targets that cannot be used, plans refused, gates not passed, and what came of it. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const DEPLOY_FAILURES = {
  PLATFORM_UNSUPPORTED: {
    exitCode: 3,
    summary: 'This operating system cannot hold a target: it lacks links that can be swapped in one step.',
    hint: 'Deploy on Linux or macOS; bundles can be made and verified here.',
    aftermath: 'unchanged',
  },
  TARGET_BUSY: {
    exitCode: 1,
    summary: 'Another deployment or rollback is at work on this target.',
    hint: 'Wait for it to end (--wait 60s does); milton status shows what it is doing.',
    aftermath: 'unchanged',
  },
  TARGET_NOT_OURS: {
    exitCode: 3,
    summary:
      'At the target path stands a file, a folder, a mount point or a link that Milton Edge did not make.',
    hint: 'Choose another --target-path, or move what stands there away first.',
    aftermath: 'unchanged',
  },
  TARGET_NOT_ADOPTABLE: {
    exitCode: 3,
    summary:
      'With --adopt: what stands at the target is neither a folder nor a link, and cannot become a release.',
    hint: 'Move it away first, or choose another --target-path.',
    aftermath: 'unchanged',
  },
  TARGET_MOUNTED: {
    exitCode: 3,
    summary:
      'With --adopt: the folder is a mount point, has something mounted in it, or lies on another file system than the releases.',
    hint: 'Choose a --target-path inside of the mounted file system, or mount it elsewhere first.',
    aftermath: 'unchanged',
  },
  TARGET_HOLDS_STATE: {
    exitCode: 3,
    summary:
      'With --adopt: the folder holds the state directory, or the link leads among the releases of this very target.',
    hint: 'Choose another --state-dir or --target-path; a link among the releases must be relative, as Milton Edge makes it.',
    aftermath: 'unchanged',
  },
  TARGET_NAME_TOO_LONG: {
    exitCode: 3,
    summary:
      'The name of the target is so long that the hidden names beside it would not fit the file system.',
    hint: 'Choose a shorter name as --target-path.',
    aftermath: 'unchanged',
  },
  TARGET_PARENT_MISSING: {
    exitCode: 1,
    summary: 'The folder that is to hold the target does not exist.',
    hint: 'Create it with mkdir -p, owned by the user that deploys.',
    aftermath: 'unchanged',
  },
  TARGET_NOT_WRITABLE: {
    exitCode: 1,
    summary: 'This user may not write in the folder that holds the target.',
    hint: 'Run as the user that owns the folder, or choose another --target-path.',
    aftermath: 'unchanged',
  },
  TARGET_UNSAFE: {
    exitCode: 3,
    summary:
      'Strangers could change the target: its folder, or the hidden one beside it, is writable for everybody.',
    hint: 'Take the right away with chmod o-w, or choose another --target-path.',
    aftermath: 'unchanged',
  },
  TARGET_NO_LINKS: {
    exitCode: 3,
    summary:
      'The file system of the target has no symbolic links, so going live in one step is impossible there.',
    hint: 'Choose a --target-path on ext4, xfs, btrfs or another file system with symbolic links.',
    aftermath: 'unchanged',
  },
  TARGET_FILE_TOO_LARGE: {
    exitCode: 3,
    summary: 'The file system of the target cannot hold a file as large as the model.',
    hint: 'Choose a --target-path on another file system.',
    aftermath: 'unchanged',
  },
  TARGET_NETWORK: {
    exitCode: 3,
    summary: 'The target lies on a network file system, where durability and links depend on a server.',
    hint: 'Choose a local --target-path, or accept the risk with --allow-network-fs.',
    aftermath: 'unchanged',
  },
  TARGET_DISK_SHORT: {
    exitCode: 3,
    summary: 'The disk of the target has too little room for one more release.',
    hint: 'Free the difference on that disk, then run the same command again.',
    aftermath: 'unchanged',
  },
  TARGET_AMBIGUOUS: {
    exitCode: 2,
    summary: 'There are several targets, and the command did not say which.',
    hint: 'Add --target-path with one of the paths listed.',
    aftermath: 'unchanged',
  },
  TARGET_UNKNOWN: {
    exitCode: 1,
    summary: 'Nothing was ever deployed to this target, or to any.',
    hint: 'Deploy first: milton deploy --help',
    aftermath: 'unchanged',
  },
  TARGET_MOVED: {
    exitCode: 3,
    summary: 'The link at the target is not the one that was there when the deployment was planned.',
    hint: 'Find out who else changes it (milton deployments), then run the same command again.',
    aftermath: 'unchanged',
  },
  DEPLOY_MEMORY_SHORT: {
    exitCode: 3,
    summary: 'The load test needs more memory than the machine can spare beside what runs now.',
    hint: 'Stop what uses the memory, or deploy without the load test: --skip-load-test.',
    aftermath: 'unchanged',
  },
  DEPLOY_MODEL_BAD: {
    exitCode: 3,
    summary: 'The same bytes went live here before and were found bad.',
    hint: 'Deploy another model, or insist with --retry-bad.',
    aftermath: 'unchanged',
  },
  DEPLOY_LOAD_TEST_FAILED: {
    exitCode: 3,
    summary: 'The model loaded, but what it computed cannot be right.',
    hint: 'Do not use this file; make or copy it again, then: milton gguf check FILE',
    aftermath: 'unchanged',
  },
  DEPLOY_NO_ENGINE: {
    exitCode: 1,
    summary: 'There is no engine on this machine to run the load test with.',
    hint: 'npm install -g node-llama-cpp@3.22.1 (beside milton-edge), or go without the test: --skip-load-test, for a rollback --now REASON.',
    aftermath: 'unchanged',
  },
  DEPLOY_LOAD_TEST_COMMAND: {
    exitCode: 3,
    summary:
      'The load test command did not end with exit code 0: it found the model wanting, crashed, or took too long.',
    hint: 'Read its last lines; to see all of them, run the command by hand with MILTON_MODEL=FILE; --load-test-timeout gives it longer.',
    aftermath: 'unchanged',
  },
  DEPLOY_LOAD_TEST_FIGURES: {
    exitCode: 3,
    summary:
      'The load test command printed something that begins like a JSON object, and is not the one that is read.',
    hint: 'Let it print nothing to standard output, or one object with tokens_per_second, time_to_first_token_ms, engine, engine_version.',
    aftermath: 'unchanged',
  },
  DEPLOY_BENCHMARK_ELSEWHERE: {
    exitCode: 3,
    summary:
      'A floor relative to the benchmark was asked for, and the benchmark cannot be compared: another machine or engine, or it does not say.',
    hint: 'Measure on this machine with this engine, or set a floor in figures: --min-tokens-per-sec, --min-of-live.',
    aftermath: 'unchanged',
  },
  DEPLOY_TOO_SLOW: {
    exitCode: 3,
    summary: 'The load test was slower than the floor that was asked for.',
    hint: 'Deploy a smaller or lower quantization, or lower the floor; a busy machine measures low, so try once more when it is idle.',
    aftermath: 'unchanged',
  },
  DEPLOY_GATE_UNTESTED: {
    exitCode: 3,
    summary:
      'A floor or a smoke prompt was asked for, and no model is run in this deployment that could meet it, or no figure is told.',
    hint: 'Leave --skip-load-test away, or the floor; a Hugging Face directory is only run by a --load-test-command, which has to print the figures.',
    aftermath: 'unchanged',
  },
  DEPLOY_SMOKE_FAILED: {
    exitCode: 3,
    summary: 'The model did not answer the smoke prompt as it must.',
    hint: 'Read the answer received; the prompt is raw text without a chat template, and decoding is greedy.',
    aftermath: 'unchanged',
  },
  DEPLOY_RESTART_FAILED: {
    exitCode: 1,
    summary: 'The command that restarts, starts or stops the server failed or took too long.',
    hint: 'Run that command by hand to see why; --command-timeout gives it longer.',
    aftermath: 'unchanged',
  },
  DEPLOY_PROBE_FAILED: {
    exitCode: 4,
    summary: 'The server did not come up well with the new release, or did not stay well.',
    hint: 'Look into the log of the server; --health-attempts and --health-interval give it longer.',
    aftermath: 'rolled-back',
  },
  DEPLOY_SERVER_DOWN: {
    exitCode: 5,
    summary:
      'The server was stopped for the load test, the model was refused, and the server did not start again.',
    hint: 'Start the server by hand: the target still points to the release that was live before.',
    aftermath: 'partial',
  },
  DEPLOY_NO_SERVICE_KNOWN: {
    exitCode: 1,
    summary: 'With --same-service: no deployment on this target had a restart command or a probe.',
    hint: 'Say how the server is restarted and asked: milton deploy --help',
    aftermath: 'unchanged',
  },
  DEPLOY_UNSAFE_FILES: {
    exitCode: 3,
    summary:
      'The release holds files that run code when they are loaded, and this device was not told to take them.',
    hint: 'Pack the model without them, or take them for this deployment with --allow-unsafe-files.',
    aftermath: 'unchanged',
  },
  DEPLOY_BUNDLE_CHANGED: {
    exitCode: 3,
    summary: 'A bundle said one thing of itself when it was opened and another one when it was read whole.',
    hint: 'Find out what writes to that file or serves it; copy it to a local disk, then run the same command again.',
    aftermath: 'unchanged',
  },
  DEPLOY_RELEASE_DAMAGED: {
    exitCode: 3,
    summary: 'The files of a release on this target no longer have the digests that they were deployed with.',
    hint: 'Name another release (milton status lists them), deploy its bundle again, or restore what is live: milton repair',
    aftermath: 'unchanged',
  },
  DEPLOY_NO_SOURCE: {
    exitCode: 3,
    summary: 'A release is damaged, and nothing was found that holds the bytes it was made from.',
    hint: 'Bring the bundle here that it was deployed from, then: milton repair --from-bundle FILE',
    aftermath: 'unchanged',
  },
  DEPLOY_LINK_GONE: {
    exitCode: 3,
    summary: 'Nothing stands at the target, although a release went live there.',
    hint: 'Put the link back to a release of milton status: milton rollback --to RELEASE',
    aftermath: 'unchanged',
  },
  DEPLOY_RELEASE_UNKNOWN: {
    exitCode: 1,
    summary: 'There is no release of that name on this target.',
    hint: 'milton status lists the releases that are there.',
    aftermath: 'unchanged',
  },
  DEPLOY_RELEASE_BAD: {
    exitCode: 3,
    summary: 'The release that was asked for is known to be bad.',
    hint: 'Choose another one (milton status lists them), or insist with --retry-bad.',
    aftermath: 'unchanged',
  },
  DEPLOY_NOTHING_LIVE: {
    exitCode: 1,
    summary: 'Nothing is live on the target that could be served, or nothing that its journal names.',
    hint: 'Deploy first: milton deploy --help',
    aftermath: 'unchanged',
  },
  DEPLOY_NOTHING_TO_GO_BACK_TO: {
    exitCode: 3,
    summary: 'No earlier release on this target is known to be good.',
    hint: 'Deploy a bundle that you trust: milton deploy --bundle FILE',
    aftermath: 'unchanged',
  },
  DEPLOY_NOTHING_TO_TEST: {
    exitCode: 3,
    summary: 'The release was adopted and has no single GGUF, so that there is nothing to load-test.',
    hint: 'Go there without the load test, for a reason: milton rollback --to RELEASE --now REASON',
    aftermath: 'unchanged',
  },
  DEPLOY_JOURNAL_DAMAGED: {
    exitCode: 5,
    summary: 'The journal of a target cannot be read, so nothing is known about its releases.',
    hint: 'Look at the line named; restore the file from a copy, or move the hidden folder beside the target away and deploy again.',
    aftermath: 'unchanged',
  },
  DEPLOY_PRUNE_INCOMPLETE: {
    exitCode: 1,
    summary: 'Something that was to be removed could not be, or not wholly; what is live was not touched.',
    hint: 'Run it again as the user that owns those files: milton prune',
    aftermath: 'partial',
  },
  DEPLOY_ROLLED_BACK: {
    exitCode: 4,
    summary: 'Going live failed, and the target was put back to what it was.',
    hint: 'See the cause above it; milton status shows what is live.',
    aftermath: 'rolled-back',
  },
  DEPLOY_STUCK: {
    exitCode: 5,
    summary: 'Going live failed and so did going back: a person has to look.',
    hint: 'milton status shows what the link points to; set it by hand with ln -sfn, then run milton rollback.',
    aftermath: 'partial',
  },
} as const satisfies FailureCatalogue;

export type DeployCode = keyof typeof DEPLOY_FAILURES;

export class DeployFailure extends Failure<DeployCode> {
  constructor(code: DeployCode, message: string, options?: FailureOptions) {
    super(DEPLOY_FAILURES, code, message, options);
  }
}

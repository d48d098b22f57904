/** `milton policy …`: what the owner of a device takes. */
import { Option, type Command } from 'commander';
import { ARTIFACT_TYPES, type ArtifactType } from '../../core/index.ts';
import type { SignatureMode } from '../../trust/index.ts';
import type { Perform } from '../context.ts';
import { collectList, parsePath, parseText } from '../option-values.ts';
import { addWaitOption, type WaitFlag } from './target-options.ts';

// The room `trust` states these; a value import would load it for every help text.
const MODES = ['off', 'warn', 'require'] as const satisfies readonly SignatureMode[];

interface TargetFlag {
  readonly targetPath?: string;
}

export interface InitFlags extends TargetFlag {
  readonly key?: readonly string[];
  readonly line?: readonly string[];
  readonly artifact?: readonly ArtifactType[];
  readonly signatures: SignatureMode;
  readonly system?: boolean;
  readonly allowNetworkFs?: boolean;
}

export interface AcceptFlags extends TargetFlag, WaitFlag {
  readonly none?: string;
  readonly reason?: string;
  readonly allowNetworkFs?: boolean;
}

export type PolicyTargetFlags = TargetFlag;

export function definePolicy(policy: Command, perform: Perform): void {
  policy.addHelpText('after', EXAMPLES);
  addInit(policy, perform);
  policy
    .command('show')
    .description('Which policy binds a target, what it says, and what the target remembers. Changes nothing.')
    .option('--target-path <path>', 'the target (default: the only one there is)', parsePath)
    .addHelpText('after', '\nExample:\n  $ milton policy show --target-path /srv/llm')
    .action(
      perform<TargetFlag>(async (context, flags) =>
        (await import('./policy-work.ts')).showPolicy(context, flags),
      ),
    );
  policy
    .command('check')
    .argument('<file>', 'a policy', parsePath)
    .description('Whether a file is a policy that can be followed.')
    .addHelpText('after', '\nExample:\n  $ milton policy check ./policy.json')
    .action(perform(async (_, _flags, args) => (await import('./policy-work.ts')).checkPolicy(args)));
  addAccept(policy, perform);
}

function addInit(policy: Command, perform: Perform): void {
  policy
    .command('init')
    .description('Write a policy that takes only what these keys signed. Never replaces one.')
    .option(
      '--key <key>',
      'a public key: a PEM file, or a name of milton keys list (repeatable)',
      collectPaths,
    )
    .option('--line <line>', 'a line of releases that the keys may sign (default: any)', collectTexts)
    .addOption(
      new Option('--artifact <type>', 'what may go live (default: any)')
        .choices([...ARTIFACT_TYPES])
        .argParser(collectList),
    )
    .addOption(
      new Option('--signatures <mode>', 'off, warn or require').choices([...MODES]).default('require'),
    )
    .option('--target-path <path>', 'for this target only (default: all of this state directory)', parsePath)
    .addOption(
      new Option('--system', 'for the whole machine: /etc/milton/policy.json').conflicts('targetPath'),
    )
    .option('--allow-network-fs', 'the target lies on NFS, CIFS and the like')
    .addHelpText(
      'after',
      `
Examples:
  $ milton policy init --key release
  $ milton policy init --key ./release.pub.pem --target-path /srv/llm`,
    )
    .action(
      perform<InitFlags>(async (context, flags) =>
        (await import('./policy-work.ts')).initPolicy(context, flags),
      ),
    );
}

function addAccept(policy: Command, perform: Perform): void {
  const command = policy
    .command('accept')
    .description('Let a target follow the policy that binds it now, after another one. Recorded.')
    .option('--target-path <path>', 'the target (default: the only one there is)', parsePath)
    .addOption(
      new Option('--none <reason>', 'that there is no policy any more, and why')
        .argParser(parseText)
        .conflicts('reason'),
    )
    .option('--reason <reason>', 'why; recorded', parseText)
    .option('--allow-network-fs', 'the target lies on NFS, CIFS and the like');
  addWaitOption(command)
    .addHelpText(
      'after',
      `
Examples:
  $ milton policy accept --target-path /srv/llm --reason "key of 2027"
  $ milton policy accept --none "the device is retired"`,
    )
    .action(
      perform<AcceptFlags>(async (context, flags) =>
        (await import('./policy-work.ts')).acceptPolicy(context, flags),
      ),
    );
}

const EXAMPLES = `
Looked for in this order; the first that exists binds:
  /etc/milton/policy.json
  policy.json in the hidden folder beside the target
  policy.json in the state directory

Examples:
  $ milton policy init --key release
  $ milton policy show`;

function collectPaths(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parsePath(text)];
}

function collectTexts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseText(text)];
}

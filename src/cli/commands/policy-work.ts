/** What the commands below `milton policy` do. */
import { resolve } from 'node:path';
import { formatBytes, quoteWord } from '../../core/index.ts';
import type { FoundPolicy, NewPolicy, PolicyKey } from '../../trust/index.ts';
import type { CommandContext, CommandResult } from '../context.ts';
import { CliFailure } from '../error.ts';
import { shown, type Fact, type TextStyle } from '../text-style.ts';
import type { AcceptFlags, InitFlags, PolicyTargetFlags } from './policy.ts';
import { describePolicy, foundJson, trustJson } from './policy-text.ts';
import { openKnownTarget } from './target-options.ts';

export async function initPolicy(context: CommandContext, flags: InitFlags): Promise<CommandResult> {
  const { signatures, key: named = [], line = [], artifact = [] } = flags;
  if (signatures !== 'off' && named.length === 0) {
    throw new CliFailure(
      'CLI_USAGE',
      `A policy with signatures: ${signatures} needs a key whose signatures count.`,
      {
        hint: 'Name a public key, or a key of this machine: milton policy init --key KEY',
        details: { expected: '--key', received: 'none' },
      },
    );
  }
  const { createPolicy, resolveTarget } = await import('../../deploy/index.ts');
  const place = flags.system === true ? 'system' : flags.targetPath === undefined ? 'state' : 'target';
  const { state } = context;
  const layout = await resolveTarget(flags.targetPath ?? null, state);
  const policy = { signatures, keys: await readKeys(named, context), lines: line, artifactTypes: artifact };
  const options = { place, policy, allowNetworkFs: flags.allowNetworkFs ?? false } as const;
  const { path, trust } = await createPolicy(options, { layout, state });
  const isFirst = trust.found?.path === path;
  return {
    json: { path, place, binds: isFirst, keys: policy.keys.map(({ key }) => key.id), ...trustJson(trust) },
    text: (style) => [
      `${style.colors.green('written')}  ${style.colors.bold(shown(path))}`,
      ...style.facts([
        ['policy', trust.found === null || !isFirst ? null : describePolicy(trust.found.policy)],
        ...policy.keys.map(({ key, name }): Fact => [
          'key',
          `${key.id}${name === null ? '' : ` (${shown(name)})`}`,
        ]),
        ['forcing', 'nothing may be forced; see allow in the file'],
      ]),
    ],
    warnings: isFirst || trust.found === null ? [] : [otherBinds(trust.found)],
  };
}

export async function showPolicy(context: CommandContext, flags: PolicyTargetFlags): Promise<CommandResult> {
  const { findTargetAhead } = await import('../../pipeline/index.ts');
  const { policyPlaces, readTargetTrust } = await import('../../deploy/index.ts');
  const { policyPaths } = await import('../../trust/index.ts');
  const { state } = context;
  const layout = await findTargetAhead(flags.targetPath ?? null, state);
  const trust = await readTargetTrust({ layout, state });
  const places = Object.values(policyPaths(policyPlaces({ layout, state })));
  const { found, failure, memory } = trust;
  return {
    json: { target_path: layout.targetPath, looked_for: places, ...trustJson(trust) },
    text: (style) => [
      style.colors.bold(shown(layout.targetPath)),
      ...(found === null
        ? style.facts([['policy', failure === null ? 'none: signatures are shown, not required' : null]])
        : policyLines(found, style)),
      ...style.facts([
        ['looked for', places.map(shown).join('\n')],
        [
          'remembered',
          memory.policySha256 === null ? 'nothing went live under a policy here' : memory.policySha256,
        ],
        ...[...memory.counters].map(([line, taken]): Fact => [
          'line',
          `${shown(line)}: up to release ${Math.max(...taken.keys())}`,
        ]),
      ]),
    ],
    ...(failure !== null && { failure }),
  };
}

export async function checkPolicy([file = '']: readonly string[]): Promise<CommandResult> {
  const { loadPolicy } = await import('../../trust/index.ts');
  const found = await loadPolicy(resolve(file));
  return {
    json: { ...foundJson(found) },
    text: (style) => [
      `${style.colors.green('sound')}  ${style.colors.bold(shown(found.path))}`,
      ...policyLines(found, style),
    ],
  };
}

export async function acceptPolicy(context: CommandContext, flags: AcceptFlags): Promise<CommandResult> {
  const deployContext = await openKnownTarget(flags.targetPath ?? null, context, flags);
  const deploy = await import('../../deploy/index.ts');
  const { targetPath, found, before, isChanged } = await deploy.acceptPolicy(
    {
      none: flags.none !== undefined,
      why: flags.none ?? flags.reason ?? null,
      allowNetworkFs: flags.allowNetworkFs ?? false,
    },
    deployContext,
  );
  const sha256 = found?.sha256 ?? null;
  return {
    json: { target_path: targetPath, changed: isChanged, policy_path: found?.path ?? null, sha256, before },
    text: (style) => [
      isChanged
        ? `${style.colors.green('accepted')}  ${style.colors.bold(shown(targetPath))}`
        : `${shown(targetPath)} follows it already; nothing was changed.`,
      ...style.facts([
        ['policy', found === null ? 'none any more: signatures are shown, not required' : shown(found.path)],
        ['sha256', sha256],
        ['before', before],
      ]),
    ],
  };
}

async function readKeys(named: readonly string[], { state }: CommandContext): Promise<NewPolicy['keys']> {
  const { parsePublicKey, readKeyFile } = await import('../../trust/index.ts');
  return Promise.all(
    named.map(async (one) => {
      const { path, pem } = await readKeyFile(one, { directory: state.keysDir, half: 'public' });
      // What was typed as a name is one; a path is nobody's name.
      return { key: parsePublicKey(pem, { name: path }), name: path === one ? null : one };
    }),
  );
}

function policyLines({ path, sha256, policy }: FoundPolicy, style: TextStyle): readonly string[] {
  const { allow, maxSizeBytes } = policy;
  const allowed = [
    ...(allow.skipLoadTest ? ['--skip-load-test'] : []),
    ...(allow.downgrade ? ['--allow-downgrade'] : []),
    ...(allow.unsafeFiles ? ['--allow-unsafe-files'] : []),
    ...(allow.pythonBundles ? ['bundles of the Python tool'] : []),
  ];
  return style.facts([
    ['policy', shown(path)],
    ['sha256', sha256],
    ['signatures', describePolicy(policy)],
    ...policy.keys.map((key): Fact => ['key', describeKey(key)]),
    ['types', policy.artifactTypes?.join(', ') ?? 'any'],
    ['architectures', policy.architectures?.map(shown).join(', ') ?? 'any'],
    ['size', maxSizeBytes === null ? 'any' : `at most ${formatBytes(maxSizeBytes)}`],
    ['evidence', policy.evidence === 'any' ? 'any' : 'measured: a run of these very bytes'],
    ['expiry', policy.trustsClock ? 'counts: the clock is trusted' : 'is told, and does not count'],
    ['may be forced', allowed.length === 0 ? 'nothing' : allowed.join(', ')],
  ]);
}

function describeKey({ key, name, lines, minCounter, maxCounter, revoked }: PolicyKey): string {
  const counters =
    minCounter === null && maxCounter === null ? null : `${minCounter ?? 0} to ${maxCounter ?? 'any'}`;
  const limits = [
    ...(name === null ? [] : [shown(name)]),
    key.curve,
    lines === null ? 'any line' : `lines ${lines.map(shown).join(', ')}`,
    ...(counters === null ? [] : [`releases ${counters}`]),
    ...(revoked === null ? [] : [`REVOKED: ${shown(revoked)}`]),
  ];
  return `${key.id}\n${limits.join(' · ')}`;
}

function otherBinds({ path }: FoundPolicy): { readonly code: string; readonly message: string } {
  const command = `milton policy check ${quoteWord(path)}`;
  return {
    code: 'TRUST_POLICY_NOT_FIRST',
    message: `Another policy comes first and binds instead: ${path} (${command}).`,
  };
}

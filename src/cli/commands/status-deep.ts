/** What `--deep` says of a target: every file that differs, and whether that is a failure. */
import { quoteWord, type Failure } from '../../core/index.ts';
import type { ReleaseDamage, VerifiedLink, VerifiedRelease, VerifiedTarget } from '../../deploy/index.ts';
import type { TargetReport } from '../../pipeline/index.ts';
import { plural } from '../numbers.ts';
import { shown, type Colors, type TextStyle } from '../text-style.ts';

/** More would not fit a screen; the JSON has them all. */
const MAX_SHOWN_DAMAGE = 20;

/** The failure that the command ends with; null where everything is sound. One that keeps a target from being read goes first. */
export async function judgeDeep(
  reports: readonly TargetReport[],
  verified: readonly VerifiedTarget[],
): Promise<Failure | null> {
  const unreadable = reports.find((report) => report.kind === 'unreadable');
  if (unreadable?.kind === 'unreadable') return unreadable.failure;
  const { DeployFailure, isAlarming, linkFailure } = await import('../../deploy/index.ts');
  for (const target of verified) {
    const failure = linkFailure(target);
    if (failure !== null) return failure;
    const alarming = target.releases.filter(isAlarming);
    if (alarming.length === 0) continue;
    const names = alarming.map(({ id }) => id).join(', ');
    const files = alarming.flatMap(damageOf);
    const verb = alarming.length === 1 ? 'is' : 'are';
    const isLive = alarming.some((release) => release.isLive);
    const command = `milton repair --target-path ${quoteWord(target.targetPath)}${isLive ? '' : ' --all'}`;
    return new DeployFailure('DEPLOY_RELEASE_DAMAGED', `${names} ${verb} not as it was deployed.`, {
      details: {
        target_path: target.targetPath,
        expected: 'the digests that it was deployed with',
        received:
          files.length === 0
            ? 'a release that the journal does not name'
            : plural(files.length, 'difference'),
      },
      hint: isLive
        ? `See what would be done, then do it: ${command} --dry-run`
        : `Have it known, so that nobody goes back to it: ${command}`,
    });
  }
  return null;
}

/** The block below the status of a target. */
export function deepLines({ link, releases }: VerifiedTarget, { colors }: TextStyle): readonly string[] {
  return [
    '',
    '  hashed again, every file:',
    ...linkLines(link, colors),
    ...releases.flatMap((release) => releaseLines(release, colors)),
  ];
}

/** `    model/a.gguf: changed`, with both sides below: a digest fits 80 columns. */
export function damageLines(damage: readonly ReleaseDamage[]): readonly string[] {
  const lines = damage
    .slice(0, MAX_SHOWN_DAMAGE)
    .flatMap(({ path, kind, expected, received }) => [
      `    ${path === '.' ? 'the release folder' : shown(path)}: ${WORDS[kind]}`,
      ...(expected === null ? [] : [`      expected ${withoutAlgorithm(expected)}`]),
      ...(received === null ? [] : [`      received ${withoutAlgorithm(received)}`]),
    ]);
  const more = damage.length - MAX_SHOWN_DAMAGE;
  return [...lines, ...(more > 0 ? [`    and ${more} more: --json lists them`] : [])];
}

function withoutAlgorithm(side: string): string {
  return shown(side.replace(/^sha256:/, ''));
}

const WORDS: Readonly<Record<ReleaseDamage['kind'], string>> = {
  missing: 'missing',
  changed: 'changed',
  extra: 'was not deployed',
  'not-a-file': 'no file any more',
  'not-a-folder': 'no folder any more',
  unreadable: 'cannot be read',
  'writable-for-all': 'everybody may write in it',
};

function linkLines(link: VerifiedLink, { red }: Colors): readonly string[] {
  switch (link.kind) {
    case 'sound':
    case 'nothing-live':
      return [];
    case 'gone':
      return [`  the link: ${red('gone')}; ${shown(link.lastLive)} went live here`];
    case 'foreign':
      return [
        `  the link: ${red('not ours')}`,
        `      expected ${shown(link.expected)}`,
        `      received ${shown(link.received)}`,
      ];
  }
}

function releaseLines(
  { id, isLive, found }: VerifiedRelease,
  { green, red, yellow }: Colors,
): readonly string[] {
  const name = `  ${isLive ? 'what is live' : shown(id)}: `;
  switch (found.kind) {
    case 'sound':
      return [`${name}${green('as it was deployed')}`];
    case 'damaged':
      return [
        `${name}${red(`damaged, ${plural(found.damage.length, 'difference')}`)}`,
        ...damageLines(found.damage),
      ];
    case 'known-damaged':
      return [`${name}${yellow('known as damaged')}, not hashed again`];
    case 'gone':
      return [`${name}its folder was removed`];
    case 'not-known':
      return [`${name}${yellow('nothing says which bytes it should hold')}`];
  }
}

function damageOf({ found }: VerifiedRelease): readonly ReleaseDamage[] {
  return found.kind === 'damaged' ? found.damage : [];
}

/** What is live, what lies about, and what the journal says, read by nothing of the project but the names on the target. */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { sha256Of, type Shelf, type Version } from './shelf.ts';

/** Where things stand in a box. */
export interface TargetPlace {
  readonly link: string;
  readonly controlDir: string;
  readonly releasesDir: string;
}

/** Beside a path of one's own. */
export function targetBeside(box: string): TargetPlace {
  const controlDir = join(box, 'srv/.llm.milton');
  return { link: join(box, 'srv/llm'), controlDir, releasesDir: join(controlDir, 'releases') };
}

/** Without `--target-path`. */
export function targetInState(box: string): TargetPlace {
  const deployments = join(box, 'state/deployments');
  return {
    link: join(deployments, 'current'),
    controlDir: join(deployments, '.current.milton'),
    releasesDir: deployments,
  };
}

export interface Live {
  /** Null where there is no link. */
  readonly version: Version | null;
  readonly problems: readonly string[];
}

/** What the link leads to, every file of it hashed against its SHA256SUMS, and its model against the models that there are. */
export async function readLive({ link, releasesDir }: TargetPlace, shelf: Shelf): Promise<Live> {
  const text = await readlink(link).catch(() => null);
  if (text === null) {
    const found = await lstat(link).catch(() => null);
    return { version: null, problems: found === null ? [] : [`${link} is no link`] };
  }
  const release = resolve(dirname(link), text);
  if (dirname(release) !== releasesDir) return { version: null, problems: [`the link says ${text}`] };
  const sums = await readFile(join(release, 'SHA256SUMS'), 'utf8').catch(() => null);
  if (sums === null || sums === '') {
    return { version: null, problems: [`${basename(release)} is live without a SHA256SUMS`] };
  }
  const problems: string[] = [];
  let version: Version | null = null;
  const listed = new Set<string>(UNLISTED);
  for (const line of sums.trimEnd().split('\n')) {
    const [, expected = '', path = ''] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    listed.add(path);
    const received = await sha256Of(join(release, path)).catch((error: unknown) => String(error));
    if (received !== expected) problems.push(`${path} of what is live has ${received}, not ${expected}`);
    if (path.startsWith('model/')) version = shelf.versionOf(received) ?? version;
  }
  if (version === null) problems.push(`what is live is none of the models that were deployed`);
  for (const { path, isFolder } of await listAll(release)) {
    if (!isFolder && !listed.has(path))
      problems.push(`${path} lies in what is live and is not in its SHA256SUMS`);
  }
  const environment = await readFile(join(release, 'model.env'), 'utf8').catch(() => '');
  if (version !== null && !environment.includes(`MILTON_VERSION="${version}"`))
    problems.push('model.env of what is live is not whole');
  if (!/^\d{4}-/.test(await readFile(join(release, 'DEPLOYED_AT'), 'utf8').catch(() => '')))
    problems.push('DEPLOYED_AT of what is live is not whole');
  return { version, problems };
}

/** The names in a box that no finished work leaves. */
export async function findLeftovers(box: string, target: TargetPlace): Promise<readonly string[]> {
  const kept = keptReleases(await readJournalLines(target));
  const releases = `${relative(box, target.releasesDir)}/`;
  const isExpected = ({ path, isFolder }: Entry): boolean => {
    if ((isFolder ? FOLDERS : FILES).some((pattern) => pattern.test(path))) return true;
    return path.startsWith(releases) && kept.has(path.slice(releases.length).split('/')[0] ?? '');
  };
  return (await listAll(box)).filter((entry) => !isExpected(entry)).map(({ path }) => path);
}

/** What is wrong with the journal of a target on which nothing is going on. */
export async function judgeJournal(target: TargetPlace): Promise<readonly string[]> {
  const lines = await readJournalLines(target);
  const wrong = lines.findIndex(({ seq }, index) => seq !== index + 1);
  if (wrong >= 0)
    return [`line ${wrong + 1} of the journal has another number: ${JSON.stringify(lines[wrong])}`];
  const last = lines.at(-1);
  if (last === undefined || ENDED.test(JSON.stringify(last['state']))) return [];
  return [`the journal ends in ${JSON.stringify(last['state'])}`];
}

type Line = Readonly<Record<string, unknown>>;

/** Written beside the release itself, so in no list. */
const UNLISTED = ['SHA256SUMS', 'DEPLOYED_AT', 'model.env', 'model.gguf'] as const;

const ENDED = /^"(live|refused|failed|rolled-back|stuck|removed|kept|accepted)"$/;

/** Names in a box that are meant to stay. Whatever else is found was left by accident. */
const FILES = [
  /^lost\+found\/commit$/,
  /^home\/served$/,
  /^srv\/llm$/,
  /^(srv\/\.llm|state\/deployments\/\.current)\.milton\/(journal\.jsonl|lock|policy\.json)$/,
  /^state\/deployments\/current$/,
  /^state\/(targets|digests|models\/registry)\.json(\.lock)?$/,
  /^state\/deployment_history\/(details_)?[a-z]+_[\w.-]+\.json$/,
  /^state\/bundles\/milton_edge_bundle_[\w.-]+\.tar\.gz$/,
] as const;
const FOLDERS = [
  /^(lost\+found|srv|state|tmp|home)$/,
  /^srv\/\.llm\.milton(\/releases)?$/,
  /^state\/(deployment_history|bundles|models|benchmarks|deployments(\/\.current\.milton)?)$/,
] as const;

/** What was live at some time is kept to go back to, and what was adopted, until it is pruned. */
function keptReleases(lines: readonly Line[]): ReadonlySet<unknown> {
  const kept = new Set<unknown>();
  for (const { state, from, to } of lines) {
    if (state === 'removed') kept.delete(to);
    if (state !== 'live') continue;
    kept.add(to);
    if (typeof from === 'string' && from.startsWith('adopt_')) kept.add(from);
  }
  return kept;
}

async function readJournalLines({ controlDir }: TargetPlace): Promise<readonly Line[]> {
  const text = await readFile(join(controlDir, 'journal.jsonl'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Line);
}

interface Entry {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Everything below a folder, sorted; links are not followed. */
async function listAll(folder: string): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(below, entry.name);
      found.push({ path, isFolder: entry.isDirectory() });
      if (entry.isDirectory()) await visit(path);
    }
  };
  await visit('');
  return found;
}

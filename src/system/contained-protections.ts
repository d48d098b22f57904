/** Which protections this machine can give a contained process, found by trying each: none is ever left out silently. */
import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import process from 'node:process';

import { messageOf } from '../core/index.ts';
import type { MissingProtection, Protection } from './missing-protection.ts';

export interface ContainedLimits {
  /** Private writable memory of each process, in bytes (RLIMIT_DATA). Mapped files, such as weights, do not count. */
  readonly dataBytes: number;
  /** Time from the start, in milliseconds. */
  readonly wallMs: number;
}

export interface Protections {
  /** The words to put before the command. */
  readonly prefix: readonly string[];
  readonly missing: readonly MissingProtection[];
}

/** `path` is the PATH to look for the tools in. */
export async function findProtections({
  dataBytes,
  path,
  isService = false,
  keepsPriority = isService,
}: {
  readonly dataBytes: number;
  readonly path: string;
  readonly isService?: boolean;
  readonly keepsPriority?: boolean;
}): Promise<Protections> {
  const tools: readonly { readonly prefix: readonly string[]; readonly gives: Protection }[] = [
    { prefix: ['setpriv', '--pdeathsig', 'KILL'], gives: 'death-signal' },
    { prefix: ['prlimit', `--data=${Math.trunc(dataBytes)}`], gives: 'memory-limit' },
    { prefix: ['prlimit', '--core=0'], gives: 'no-core-file' },
    ...(keepsPriority ? [] : [{ prefix: ['nice', '-n', '10'], gives: 'low-priority' } as const]),
  ];
  const reasons = await Promise.all(tools.map((tool) => whyNot(tool.prefix, path)));
  const prefix: string[] = [];
  const missing: MissingProtection[] = [];
  tools.forEach((tool, index) => {
    const reason = reasons[index] ?? null;
    if (reason === null) prefix.push(...tool.prefix);
    else missing.push({ protection: tool.gives, reason });
  });
  const fromProc = await missingFromProc();
  const wanted = fromProc.filter(({ protection }) => !isService || protection !== 'first-to-go');
  return { prefix, missing: [...missing, ...wanted] };
}

/** Services often run with a PATH that lacks the folders of setpriv and prlimit. */
export function withStandardFolders(path = ''): string {
  const folders = path.split(':').filter((folder) => folder !== '');
  const standard = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  return [...folders, ...standard.filter((folder) => !folders.includes(folder))].join(':');
}

/** What a contained process would have to do without here, found without starting one. */
export async function findMissingProtections(): Promise<readonly MissingProtection[]> {
  const path = withStandardFolders(process.env['PATH']);
  return (await findProtections({ dataBytes: TRIAL_DATA_BYTES, path })).missing;
}

async function missingFromProc(): Promise<MissingProtection[]> {
  if (process.platform !== 'linux') {
    const reason = `${process.platform} has no /proc`;
    return [
      { protection: 'first-to-go', reason },
      { protection: 'stray-search', reason },
    ];
  }
  try {
    await access('/proc/self/oom_score_adj', constants.W_OK);
    return [];
  } catch (error) {
    return [{ protection: 'first-to-go', reason: messageOf(error) }];
  }
}

/** Null where the tool does what is asked of it, else what it said. */
async function whyNot(prefix: readonly string[], path: string): Promise<string | null> {
  const [tool = '', ...rest] = prefix;
  return new Promise((resolve) => {
    const trial = spawn(tool, [...rest, 'true'], {
      env: { PATH: path, LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TRIAL_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    trial.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, 200);
    });
    trial.on('error', () => resolve(`${tool} was not found`));
    trial.on('close', (code) => resolve(code === 0 ? null : said.trim() || `${tool} did not work`));
  });
}

/** A tool that only starts `true` and still hangs is not one to rely on. */
const TRIAL_TIMEOUT_MS = 5000;
/** Far more than `true` needs. */
const TRIAL_DATA_BYTES = 2 ** 30;

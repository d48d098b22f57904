/**
 * Ends a run that a crash left unfinished, as the resume table says and not otherwise. The caller holds the lock, so
 * whoever began it is gone.
 */
import { readdir, readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isJsonObject, messageOf, type JsonObject, type Warning } from '../core/index.ts';
import { readLive, REHEARSAL_TEXT } from './activate.ts';
import { removeRehearsal } from './adopt.ts';
import { readWho, withTargetLock, type DeployContext } from './context.ts';
import { goBack } from './going-back.ts';
import { readJournal, type JournalLine, type RunLine } from './journal.ts';
import { isAdoptedId, partialPath, releaseOfLink, releasePath, type TargetLayout } from './layout.ts';
import {
  isEndState,
  TRANSITIONS,
  type EndState,
  type RemovalEnd,
  type UndoState,
  type WorkingState,
} from './machine.ts';
import { saveRecord } from './records.ts';
import { removeFolder } from './release-folder.ts';
import { finishRemoval } from './remove-release.ts';
import { NO_SERVICE, parseService, type ServiceSettings } from './service-settings.ts';
import type { ServiceReport } from './service.ts';
import { surveyTarget } from './survey-target.ts';
import { viewJournal, type TargetView } from './target-view.ts';
import { assertUsableTarget } from './usable-target.ts';
import { runTransaction, type Steps, type TransactionHead } from './transaction.ts';

export interface Settled {
  readonly transaction: string;
  readonly kind: JournalLine['kind'];
  readonly crashedIn: string;
  readonly state: EndState | RemovalEnd;
  /** Why its record could not be written, or null; the journal has it all. */
  readonly recordLost: string | null;
}

export interface SettleOptions {
  /** For whoever has to wait. */
  readonly command: string;
  readonly allowNetworkFs: boolean;
  /** Whether somebody else's folder or link may stand there. */
  readonly adopt?: boolean;
  /** False leaves the server alone. */
  readonly restart?: boolean;
}

/**
 * How every change to a target begins: alone, on a target that was found to be ours while nobody else could change it,
 * and with what a crash left settled. Throws `TARGET_*`, and what settling throws.
 */
export async function withSettledTarget<T>(
  context: DeployContext,
  { command, allowNetworkFs, adopt = false, restart = true }: SettleOptions,
  use: (settled: Settled | null) => Promise<T>,
): Promise<T> {
  const { layout } = context;
  return withTargetLock(context, command, async () => {
    assertUsableTarget(await surveyTarget(layout), { allowNetworkFs, adopt });
    return use(await settleUnfinished(context, restart));
  });
}

/** Null where nothing was left unfinished. Throws `DEPLOY_JOURNAL_DAMAGED`, `SYSTEM_*`. */
async function settleUnfinished(context: DeployContext, restart: boolean): Promise<Settled | null> {
  const { layout } = context;
  const lines = await readJournal(layout.journalFile);
  const view = viewJournal(lines);
  const line = view.unfinished;
  if (line === null) return null;
  if (line.kind === 'prune') {
    const { state } = await finishRemoval(line, { lastSeq: view.lastSeq }, context);
    const { transaction, kind } = line;
    return { transaction, kind, crashedIn: line.state, state, recordLost: null };
  }
  if (isEndState(line.state)) return null;
  const crashedIn = line.state;
  await removeStrayLinks(layout);
  const own = lines.filter(({ transaction }) => transaction === line.transaction);
  const state = await end(context, { line, crashedIn, view, ...readService(own, restart) });
  const recordLost = await recordEnd(context, own, state);
  return { transaction: line.transaction, kind: line.kind, crashedIn, state, recordLost };
}

/** What the next run says about it. */
export function settledWarning({ transaction, crashedIn, state, recordLost }: Settled): Warning {
  const lost = recordLost === null ? '' : ` Its record could not be written: ${recordLost}`;
  return {
    code: 'DEPLOY_UNFINISHED_SETTLED',
    message: `An earlier run (${transaction}) had ended while it was ${crashedIn}; it is now ${state}.${lost}`,
  };
}

interface Unfinished {
  readonly line: RunLine;
  readonly crashedIn: WorkingState;
  readonly view: TargetView;
  readonly service: ServiceSettings;
  readonly isServerTouched: boolean;
}

/** How far the run had come with the server, and how it meant to treat it. */
export function readService(
  own: readonly JournalLine[],
  restart: boolean,
): Pick<Unfinished, 'service' | 'isServerTouched'> {
  const service = parseService(own[0]?.facts['service']) ?? NO_SERVICE;
  const wasStopped = service.handover === 'stop-first' && own.some(({ state }) => state === 'verified');
  const isServerTouched = restart && (wasStopped || own.some(({ state }) => state === 'probing'));
  return { service, isServerTouched };
}

async function end(context: DeployContext, unfinished: Unfinished): Promise<EndState> {
  const { layout, clock, shield } = context;
  const { line, crashedIn, view } = unfinished;
  const { lastSeq } = view;
  const { journalFile } = layout;
  const head = await toHead(line);
  const found: FoundBack = { served: null };
  const { state, lostLines } = await runTransaction(head, undoing(context, unfinished, found), {
    journalFile,
    lastSeq,
    clock,
    shield,
    start: TRANSITIONS[crashedIn].crashed,
    factsAt: (state) => ({
      resumed_from: crashedIn,
      ...(state === 'rolled-back' && { served: found.served }),
    }),
    verdictsAt: () => ({}),
  });
  // An end that is not in the journal would be walked once more after later changes.
  if (lostLines.length > 0) throw lostLines[0];
  return state;
}

interface FoundBack {
  served: ServiceReport | null;
}

/** What is to be undone; nothing else is ever walked here. */
function undoing(context: DeployContext, unfinished: Unfinished, found: FoundBack): Steps {
  const { line, view } = unfinished;
  const way = { ...unfinished, from: line.from, to: line.to, adoption: view.adopting };
  const undo: Pick<Steps, UndoState> = {
    'rolling-back': async () => {
      found.served = await goBack(way, context);
      await removeRemains(context, line);
    },
    tidying: async () => {
      // A server that had been stopped for the load test is started again before the run counts as ended.
      if (unfinished.isServerTouched) await goBack(way, context);
      await removeRemains(context, line);
    },
  };
  return { ...FORWARD, ...undo };
}

const never = (): Promise<void> => Promise.reject(new Error('A settled run only goes back.'));

const FORWARD: Omit<Steps, UndoState> = {
  planned: never,
  staging: never,
  verified: never,
  'load-tested': never,
  'setting-aside': never,
  activating: never,
  probing: never,
};

/** Removes what a deployment staged; a rollback has staged nothing. */
async function removeRemains({ layout }: DeployContext, line: RunLine): Promise<void> {
  if (line.kind !== 'deploy') return;
  await removeFolder(partialPath(layout, line.to));
  if (line.from !== null && isAdoptedId(line.from)) await removeRehearsal(layout, line.from);
  // Never the live one, whatever the journal says.
  if ((await readLive(layout)) !== line.to) await removeFolder(releasePath(layout, line.to));
}

/** A crash while a link is swapped leaves the new one under its temporary name. */
async function removeStrayLinks(layout: TargetLayout): Promise<void> {
  const target = basename(layout.targetPath);
  for (const name of await readdir(layout.parentDir)) {
    // The throw-away link has a temporary name already, and gets a second one around it.
    const around = /^(\.{1,2})(.+?)(?:\.[0-9a-f]{12}\.tmp){1,2}$/.exec(name);
    if (around?.[2] !== target) continue;
    const path = join(layout.parentDir, name);
    const text = await readlink(path).catch(() => null);
    if (text !== null && (text === REHEARSAL_TEXT || releaseOfLink(layout, text) !== null)) await rm(path);
  }
}

/** The record that the crash kept from being written. Gives the reason if it still cannot be. */
async function recordEnd(
  { layout, state: { historyDir } }: DeployContext,
  lines: readonly JournalLine[],
  state: EndState,
): Promise<string | null> {
  const [line] = lines.slice(-1);
  if (line === undefined) return null;
  const facts: JsonObject = Object.assign({}, ...lines.map((one) => one.facts));
  const { checksum_verified = false, load_test = null } = facts;
  const error_message = `The run ended while it was ${line.state}; what it had begun was undone later.`;
  try {
    await saveRecord(
      historyDir,
      {
        deployment_id: line.transaction,
        timestamp: lines[0]?.at ?? line.at,
        bundle_id: line.bundle_id,
        model_version: line.version,
        target_path: layout.targetPath,
        status: state === 'rolled-back' ? 'rolled_back' : 'failed',
        checksum_verified: checksum_verified === true,
        load_test_passed: isJsonObject(load_test) && load_test['passed'] === true,
        error_message,
      },
      {
        deployment_id: line.transaction,
        state,
        crashed_in: line.state,
        dry_run: false,
        artifact_sha256: line.artifact_sha256,
        load_test,
        // What was to be adopted is no release.
        previous_release_id: 'adopts' in facts ? null : line.from,
      },
    );
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

async function toHead(line: RunLine): Promise<TransactionHead> {
  return {
    id: line.transaction,
    kind: line.kind,
    from: line.from,
    to: line.to,
    version: line.version,
    bundleId: line.bundle_id,
    artifactSha256: line.artifact_sha256,
    who: await readWho(),
    why: line.why,
  };
}

/** Which targets were ever deployed to from this state directory, so that `rollback` and `status` need no path. */
import { compareCodeUnits, formatJson, isJsonObject, quoteWord, toPlainJson } from '../core/index.ts';
import {
  makeDirectory,
  readJsonFile,
  SystemFailure,
  withLock,
  writeFileAtomic,
  type StateDirectory,
} from '../system/index.ts';
import { DeployFailure } from './error.ts';

const LOCK_WAIT_MS = 10_000;

/** Paths of targets, sorted. Throws `CORE_JSON_*`, `SYSTEM_*`. */
export async function loadTargets(state: StateDirectory): Promise<readonly string[]> {
  try {
    const value = toPlainJson((await readJsonFile(state.targetsFile)).tree);
    const targets = isJsonObject(value) && Array.isArray(value['targets']) ? value['targets'] : [];
    return targets.filter((path): path is string => typeof path === 'string');
  } catch (error) {
    if (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_MISSING') return [];
    throw error;
  }
}

/** Adds a target to the list, if it is not there. */
export async function rememberTarget(state: StateDirectory, targetPath: string): Promise<void> {
  if ((await loadTargets(state)).includes(targetPath)) return;
  await editTargets(state, (targets) => [...targets, targetPath]);
}

/** Takes a target off the list on which nothing ever went live, so that a mistyped path is not asked about for ever. */
export async function forgetTarget(state: StateDirectory, targetPath: string): Promise<void> {
  await editTargets(state, (targets) => targets.filter((known) => known !== targetPath));
}

/** The only target there is. Throws `TARGET_UNKNOWN` where there is none, `TARGET_AMBIGUOUS` with the list. */
export async function onlyTarget(state: StateDirectory): Promise<string> {
  const targets = await loadTargets(state);
  const [first] = targets;
  if (first === undefined) {
    throw new DeployFailure('TARGET_UNKNOWN', 'Nothing was deployed from this state directory yet.', {
      details: { state_directory: state.path },
    });
  }
  if (targets.length === 1) return first;
  throw new DeployFailure('TARGET_AMBIGUOUS', `There are ${targets.length} targets: ${targets.join(', ')}.`, {
    details: { targets },
    hint: `Say which, for example: --target-path ${quoteWord(first)}`,
  });
}

async function editTargets(
  state: StateDirectory,
  edit: (targets: readonly string[]) => readonly string[],
): Promise<void> {
  await makeDirectory(state.path);
  const options = { command: 'edit the list of targets', waitMs: LOCK_WAIT_MS };
  await withLock(`${state.targetsFile}.lock`, options, async () => {
    const targets = [...new Set(edit(await loadTargets(state)))].toSorted(compareCodeUnits);
    await writeFileAtomic(state.targetsFile, formatJson({ targets }));
  });
}

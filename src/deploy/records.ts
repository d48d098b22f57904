/** The copies that people and other tools read: one record of nine fields per attempt, and the details beside it. */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareCodeUnits, formatJson, isErrno, type JsonObject } from '../core/index.ts';
import { makeDirectory, readObjectIfAny, toSystemFailure, writeFileAtomic } from '../system/index.ts';
import type { DeploymentDetails, DeploymentRecord } from './types.ts';

export interface StoredRecord {
  readonly record: DeploymentRecord;
  /** Null where the details were lost or never written (records of the Python tool). */
  readonly details: DeploymentDetails | null;
}

/** Writes `<id>.json` and `details_<id>.json`. */
export async function saveRecord(
  historyDir: string,
  record: DeploymentRecord,
  details: DeploymentDetails,
): Promise<void> {
  await makeDirectory(historyDir);
  const id = record.deployment_id;
  await writeFileAtomic(join(historyDir, `details_${id}.json`), formatJson(details));
  await writeFileAtomic(join(historyDir, `${id}.json`), formatJson(record));
}

/** Whether an attempt of that name is in the history. */
export async function hasRecord(historyDir: string, id: string): Promise<boolean> {
  return access(join(historyDir, `${id}.json`)).then(
    () => true,
    () => false,
  );
}

/** All records, newest first. A file that is no record is passed over and named in `unreadable`. */
export async function listRecords(
  historyDir: string,
): Promise<{ readonly records: readonly StoredRecord[]; readonly unreadable: readonly string[] }> {
  const names = await listNames(historyDir);
  const records: StoredRecord[] = [];
  const unreadable: string[] = [];
  for (const name of names) {
    const record = await readObjectIfAny(join(historyDir, name));
    if (isRecord(record)) {
      records.push({ record, details: await readObjectIfAny(join(historyDir, `details_${name}`)) });
    } else {
      unreadable.push(name);
    }
  }
  // By time, then by name, so that two of the same millisecond keep an order.
  records.sort((a, b) => compareCodeUnits(keyOf(b.record), keyOf(a.record)));
  return { records, unreadable };
}

async function listNames(historyDir: string): Promise<string[]> {
  try {
    return (await readdir(historyDir)).filter((name) => /^(deploy|rollback|dryrun)_.+\.json$/.test(name));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw toSystemFailure(error, { path: historyDir, action: 'read' });
  }
}

function isRecord(value: JsonObject | null): value is DeploymentRecord {
  return (
    value !== null &&
    ['deployment_id', 'timestamp', 'bundle_id', 'model_version', 'target_path', 'status'].every(
      (key) => typeof value[key] === 'string',
    )
  );
}

function keyOf(record: DeploymentRecord): string {
  const time = Date.parse(record.timestamp);
  return `${Number.isNaN(time) ? '' : new Date(time).toISOString()} ${record.deployment_id}`;
}

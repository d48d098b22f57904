import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasRecord, listRecords, saveRecord } from '../../../src/deploy/records.ts';
import type { DeploymentRecord } from '../../../src/deploy/types.ts';

let folder = '';
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'milton-records-')), 'history');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

function toRecord(id: string, timestamp: string): DeploymentRecord {
  return {
    deployment_id: id,
    timestamp,
    bundle_id: 'bundle_v1',
    model_version: 'v1',
    target_path: '/srv/llm',
    status: 'success',
    checksum_verified: true,
    load_test_passed: true,
    error_message: null,
  };
}

describe('saveRecord, listRecords', () => {
  it('keeps record and details apart, and lists the newest first', async () => {
    const old = toRecord('deploy_a', '2026-01-01T00:00:00.000+00:00');
    const later = toRecord('rollback_b', '2026-01-01T00:00:00.000+01:00');
    const same = toRecord('deploy_b', '2026-01-01T00:00:00+00:00');
    for (const record of [old, later, same]) await saveRecord(folder, record, { of: record.deployment_id });
    const { records, unreadable } = await listRecords(folder);
    // An hour east of Greenwich is an hour earlier.
    expect(records).toEqual(
      [same, old, later].map((record) => ({ record, details: { of: record.deployment_id } })),
    );
    expect(unreadable).toEqual([]);
    expect(await readdir(folder)).toHaveLength(6);
    expect([await hasRecord(folder, 'deploy_a'), await hasRecord(folder, 'deploy_c')]).toEqual([true, false]);
  });

  it('lists nothing where there is no history', async () => {
    expect(await listRecords(folder)).toEqual({ records: [], unreadable: [] });
  });

  it('reads records of the other tool, names what it cannot read, and hangs on nothing', async () => {
    await mkdir(folder);
    const theirs = toRecord('deploy_theirs', '2026-01-01T00:00:00.000000+00:00');
    await writeFile(join(folder, 'deploy_theirs.json'), JSON.stringify(theirs));
    await writeFile(join(folder, 'deploy_text.json'), 'x');
    await writeFile(join(folder, 'deploy_nan.json'), '{"deployment_id": NaN}');
    await writeFile(join(folder, 'deploy_list.json'), '[]');
    await writeFile(join(folder, 'deploy_half.json'), '{"deployment_id": "x"}');
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await symlink('nowhere', join(folder, 'deploy_link.json'));
    execFileSync('mkfifo', [join(folder, 'deploy_pipe.json')]);
    const { records, unreadable } = await listRecords(folder);
    expect(records).toEqual([{ record: theirs, details: null }]);
    expect(unreadable.toSorted()).toEqual(
      ['half', 'link', 'list', 'nan', 'pipe', 'text'].map((name) => `deploy_${name}.json`),
    );
  });
});

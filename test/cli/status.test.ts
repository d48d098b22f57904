import { mkdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startDeployProcess } from '../fakes/deploy-process.ts';
import { JournalScript } from '../fakes/journal.ts';
import { candidateOf, entryOf, runOf, useShop, type Model } from './shop.ts';

const shop = useShop();
let v1: Model;

const at = (name: string): string => join(shop.folder, 'srv', name);
const journalOf = (name: string): string => at(`.${name}.milton/journal.jsonl`);

async function deploy(target: string, ...args: string[]): Promise<string> {
  const { json } = await shop.document('deploy', '--target-path', target, '--skip-load-test', ...args);
  return String(json['deployment_id']);
}

describe('milton status', () => {
  it('says how to begin', async () => {
    const { exitCode, stdout } = await shop.milton('status');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Nothing was deployed from ');
    expect(stdout).toContain('milton deploy --target-path /srv/llm');
    expect((await shop.document('status')).json).toEqual({ ok: true, targets: [], warnings: [] });
  });

  it('tells what is live, since when, from where, on what evidence, and what comes before it', async () => {
    v1 = await shop.model('v1.gguf', { seed: 1 });
    await shop.saveRegistry([entryOf('v1', v1)]);
    await shop.saveRun('20260111_202801', runOf('20260111_202801', [candidateOf('v1', v1)]));
    const first = await deploy(shop.target);
    const bundle = await shop.bundle('v2', await shop.model('v2.gguf', { seed: 2 }));
    const second = await deploy(shop.target, '--bundle', bundle);
    const { json } = await shop.document('status');
    expect(json['targets']).toMatchObject([
      {
        target_path: shop.target,
        occupied_by: 'release',
        occupant: null,
        live: {
          release_id: second,
          release_path: at(`.llm.milton/releases/${second}`),
          model_version: 'v2',
          bundle_id: expect.stringMatching(/^bundle_v2_/),
          artifact_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          verdict: 'good',
          evidence: expect.objectContaining({ kind: 'none' }),
        },
        previous: [
          {
            release_id: first,
            model_version: 'v1',
            bundle_id: expect.stringMatching(/^bundle_v1_/),
            artifact_sha256: v1.sha256,
            live_since: expect.stringMatching(/^\d{4}-/),
            verdict: 'good',
          },
        ],
        rollback_to: first,
        unfinished: null,
      },
    ]);
    const { stdout } = await shop.milton('status');
    expect(stdout.split('\n')[0]).toBe(shop.target);
    expect(stdout).toMatch(/live +v2\n +since +\d{4}-.*\n(.*\n)* +bundle +bundle_v2_/);
    expect(stdout).toMatch(new RegExp(`rollback +goes to v1, ${first}`));
    expect(stdout).toMatch(new RegExp(`before +v1 {2}good {2}went live \\S.* {2}${first}`));
  });

  it('shows every target, or the one that is named, the one in the state directory by its path too', async () => {
    const bundle = await shop.bundle('v3', await shop.model('v3.gguf', { seed: 3 }));
    const args = ['deploy', '--bundle', bundle, '--skip-load-test'];
    const { json: own } = await shop.document(...args);
    const all = (await shop.document('status')).json['targets'];
    expect(all).toMatchObject([{ target_path: shop.target }, { live: { model_version: 'v3' } }]);
    for (const path of ['srv/llm', shop.target]) {
      const named = (await shop.document('status', '--target-path', path)).json['targets'];
      expect(named).toMatchObject([{ target_path: shop.target, live: { model_version: 'v2' } }]);
    }
    const ownPath = String(own['target_path']);
    expect((await shop.document('status', '--target-path', ownPath)).json['targets']).toMatchObject([
      { target_path: ownPath, live: { release_id: own['deployment_id'] } },
    ]);
  });

  it('says what stands there where it is not ours, and refuses where there is nothing', async () => {
    await mkdir(at('folder'));
    const foreign = await shop.document('status', '--target-path', at('folder'));
    expect(foreign.json['targets']).toMatchObject([
      { occupied_by: 'foreign', occupant: 'a folder', live: null },
    ]);
    const nothing = await shop.document('status', '--target-path', at('nothing'));
    expect(nothing).toMatchObject({ exitCode: 1, json: { error: { code: 'TARGET_UNKNOWN' } } });
  });

  it('shows a run that is at work, with its process', async () => {
    const bundle = await shop.bundle('v4', await shop.model('v4.gguf', { seed: 4 }));
    const running = startDeployProcess({
      bundle,
      target: at('busy'),
      stateDir: shop.state,
      holdAt: 'verified',
    });
    try {
      await running.held;
      const { stdout } = await shop.milton('status', '--target-path', at('busy'));
      expect(stdout).toMatch(
        new RegExp(
          `running +the deployment of v4 is now verified \\(process ${running.child.pid}, last step \\S.*\\)\n +deploy_v4_\\S+\n`,
        ),
      );
    } finally {
      await running.kill();
    }
    const { stdout } = await shop.milton('status', '--target-path', at('busy'));
    expect(stdout).toMatch(/unfinished +the deployment of v4 ended \S.* while it was verified\n/);
    expect(stdout).toContain('milton resume will remove what was staged; nothing is live');
  });

  it('shows a run that a crash cut off, and that it will be settled', async () => {
    const lines = (await readFile(journalOf('llm'), 'utf8')).trimEnd().split('\n');
    const cut = lines.findLastIndex((line) => line.includes('"state":"activating"'));
    await writeFile(journalOf('llm'), `${lines.slice(0, cut + 1).join('\n')}\n`);
    const { json } = await shop.document('status', '--target-path', shop.target);
    expect(json['targets']).toMatchObject([
      {
        unfinished: {
          kind: 'deploy',
          state: 'activating',
          next: 'roll-back',
          back_to: { model_version: 'v1' },
          running_pid: null,
        },
      },
    ]);
    const { stdout } = await shop.milton('status', '--target-path', shop.target);
    expect(stdout).toMatch(/unfinished +the deployment of v2 ended \S.* while it was activating\n/);
    expect(stdout).toContain('milton resume will put the link back to v1; so does the next change');
    expect(stdout).toContain(`milton resume --target-path ${shop.target}\n`);
    const settled = await shop.milton('rollback', '--target-path', shop.target, '--now', 'after a crash');
    expect(settled).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('warning DEPLOY_') });
    expect((await shop.document('status', '--target-path', shop.target)).json['targets']).toMatchObject([
      { unfinished: null, live: { model_version: 'v1' } },
    ]);
  });

  it('fits what a long history has to say on one screen', async () => {
    const script = new JournalScript();
    for (let no = 1; no <= 8; no += 1) script.deploy(`deploy_v${no}_20260101_000000_000`);
    const last = script.lines.at(-1);
    const facts = {
      load_test: {
        kind: 'inference',
        passed: true,
        engine: 'llama-cpp',
        engine_version: '3.22.1',
        tokens: 16,
        load_ms: 953.4,
        time_to_first_token_ms: 184.5,
        tokens_per_second: 15.44,
      },
      served: { restarted: true, answers: [{ asked: 'http://[::1]/health', answer: 'HTTP status 200' }] },
    };
    const lines = script.lines.map((line) => ({
      ...line,
      at: '2020-01-01T00:00:00.000+00:00',
      version: line.to.split('_')[1],
      ...(line === last && { facts }),
    }));
    await mkdir(at('.long.milton'));
    await writeFile(journalOf('long'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await symlink(`.long.milton/releases/${last?.to}`, at('long'));
    const { stdout } = await shop.milton('status', '--target-path', at('long'));
    const ago = stdout.match(/\d+ years ago/)?.[0] ?? '';
    expect(stdout.split('\n')).toEqual([
      at('long'),
      '  live       v8',
      `  since      2020-01-01 00:00:00 UTC (${ago})`,
      '  sha256     deploy_v8_20260101_000000_000',
      '  bundle     bundle_v1_20260101_000000',
      '  run        -',
      '  evidence   none: no benchmark run belongs to these bytes',
      '  signature  none',
      `  release    ${at('.long.milton/releases/deploy_v8_20260101_000000_000')}`,
      `  load test  passed ${ago}, by llama-cpp 3.22.1`,
      '             loaded in 953 ms; first token after 185 ms; 16 tokens at 15.4/s',
      `  server     restarted ${ago}`,
      '             http://[::1]/health answered: HTTP status 200',
      '  known as   good',
      '  policy     none: signatures are shown, not required',
      `  before     v7  good  went live ${ago}  deploy_v7_20260101_000000_000`,
      `             v6  good  went live ${ago}  deploy_v6_20260101_000000_000`,
      `             v5  good  went live ${ago}  deploy_v5_20260101_000000_000`,
      `             v4  good  went live ${ago}  deploy_v4_20260101_000000_000`,
      `             v3  good  went live ${ago}  deploy_v3_20260101_000000_000`,
      '             and 2 more: milton deployments',
      '  rollback   goes to v7, deploy_v7_20260101_000000_000',
      '',
    ]);
    const { json } = await shop.document('status', '--target-path', at('long'));
    const [long] = json['targets'] as readonly Record<string, unknown>[];
    expect(long?.['previous']).toHaveLength(7);
    expect(long?.['live']).toMatchObject({
      load_test: 'inference',
      load_test_figures: { engine: 'llama-cpp', tokens_per_second: 15.44 },
      service: { restarted: true, failure: null },
    });
  });

  it('shows a link that somebody else bent', async () => {
    await unlink(shop.target);
    await symlink('elsewhere', shop.target);
    const { stdout } = await shop.milton('status', '--target-path', shop.target);
    expect(stdout).toMatch(/live +not ours: a link to elsewhere, which is no release of ours/);
  });

  it('shows the other targets too where the journal of one cannot be read', async () => {
    const journal = await readFile(journalOf('llm'), 'utf8');
    await writeFile(journalOf('llm'), 'not a journal\n');
    const { exitCode, json } = await shop.document('status');
    expect(exitCode).toBe(0);
    expect(json['targets']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          linked_release_id: null,
          error: expect.objectContaining({ code: 'DEPLOY_JOURNAL_DAMAGED' }),
        }),
        expect.objectContaining({ live: expect.objectContaining({ model_version: 'v3' }) }),
      ]),
    );
    await writeFile(journalOf('llm'), journal);
  });

  it('needs a person where a journal cannot be read', async () => {
    await writeFile(journalOf('llm'), 'not a journal\n{}\n');
    const { exitCode, json } = await shop.document('status', '--target-path', shop.target);
    expect({ exitCode, json }).toMatchObject({
      exitCode: 5,
      json: { error: { code: 'DEPLOY_JOURNAL_DAMAGED' } },
    });
  });
});

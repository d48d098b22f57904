import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adoptedIdOf,
  defaultLayout,
  isAdoptedId,
  isReleaseId,
  isTransactionId,
  linkText,
  partialPath,
  releaseOfLink,
  releasePath,
  targetLayout,
} from '../../../src/deploy/layout.ts';
import { stateDirectory } from '../../../src/system/index.ts';

const ID = 'deploy_v1.2_20260111_202801_120';
const beside = targetLayout('/srv/llm');
const own = defaultLayout(stateDirectory('/var/lib/milton'));

describe('targetLayout', () => {
  it('puts everything into one hidden folder beside the path', () => {
    expect(beside).toEqual({
      targetPath: '/srv/llm',
      parentDir: '/srv',
      controlDir: '/srv/.llm.milton',
      releasesDir: '/srv/.llm.milton/releases',
      journalFile: '/srv/.llm.milton/journal.jsonl',
      lockFile: '/srv/.llm.milton/lock',
      isDefault: false,
      within: null,
      holds: null,
    });
    expect(linkText(beside, ID)).toBe(`.llm.milton/releases/${ID}`);
    expect(releasePath(beside, ID)).toBe(`/srv/.llm.milton/releases/${ID}`);
    expect(partialPath(beside, ID)).toBe(`/srv/.llm.milton/releases/.${ID}.partial`);
  });

  it('works at the root of the file system', () => {
    const layout = targetLayout('/llm');
    expect(layout.controlDir).toBe('/.llm.milton');
    expect(releaseOfLink(layout, linkText(layout, ID))).toBe(ID);
  });
});

describe('defaultLayout', () => {
  it('keeps releases beside the link, journal and lock in a hidden folder', () => {
    expect(own).toEqual({
      targetPath: '/var/lib/milton/deployments/current',
      parentDir: '/var/lib/milton/deployments',
      controlDir: '/var/lib/milton/deployments/.current.milton',
      releasesDir: '/var/lib/milton/deployments',
      journalFile: '/var/lib/milton/deployments/.current.milton/journal.jsonl',
      lockFile: '/var/lib/milton/deployments/.current.milton/lock',
      isDefault: true,
      within: null,
      holds: null,
    });
    expect(linkText(own, ID)).toBe(ID);
  });
});

describe.each([
  ['beside a path', beside],
  ['in the state directory', own],
])('releaseOfLink %s', (_, layout) => {
  it('accepts exactly what linkText makes', () => {
    expect(releaseOfLink(layout, linkText(layout, ID))).toBe(ID);
  });

  it.each([
    ['nothing', ''],
    ['an absolute link to a release', releasePath(layout, ID)],
    ['another spelling of the same place', `./${linkText(layout, ID)}`],
    ['a trailing slash', `${linkText(layout, ID)}/`],
    ['a detour', `x/../${linkText(layout, ID)}`],
    ['a folder below a release', `${linkText(layout, ID)}/model`],
    ['the parent', linkText(layout, '..')],
    ['an unfinished release', linkText(layout, `.${ID}.partial`)],
    ['a name that is no release', linkText(layout, 'current')],
    ['a rollback', linkText(layout, 'rollback_v1_20260111_202801_120')],
    ['only the beginning of a name', linkText(layout, 'deploy_')],
    ['a hidden version', linkText(layout, 'deploy_.._x')],
    ['a line break', linkText(layout, `${ID}\n`)],
    ['a NUL', linkText(layout, `${ID}\0`)],
    ['a space', linkText(layout, 'deploy_v1 x')],
    ['a text that never ends', linkText(layout, `deploy_${'9'.repeat(4000)}`)],
    ['a foreign place', '/etc/passwd'],
  ])('takes %s for a stranger', (__, text) => {
    expect(releaseOfLink(layout, text)).toBeNull();
  });

  it('never gives a name that leads out of the folder of releases', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => linkText(layout, `deploy_${text}`)),
        ),
        (text) => {
          const id = releaseOfLink(layout, text);
          if (id === null) return;
          expect(text).toBe(linkText(layout, id));
          expect(releasePath(layout, id)).toBe(`${layout.releasesDir}/${id}`);
        },
      ),
    );
  });
});

describe('isReleaseId, isTransactionId', () => {
  it('know deployments and rollbacks apart', () => {
    expect([isReleaseId(ID), isTransactionId(ID)]).toEqual([true, true]);
    const rollback = 'rollback_v1_20260111_202801_120';
    expect([isReleaseId(rollback), isTransactionId(rollback)]).toEqual([false, true]);
  });

  it('know what was adopted from what was deployed', () => {
    const adopted = adoptedIdOf(ID);
    expect(adopted).toMatch(/^adopt_\d{8}_\d{6}_\d{3}$/);
    expect(ID.endsWith(adopted.slice('adopt'.length))).toBe(true);
    expect([isReleaseId(adopted), isAdoptedId(adopted), isTransactionId(adopted)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isAdoptedId(ID)).toBe(false);
    expect(releaseOfLink(beside, linkText(beside, adopted))).toBe(adopted);
  });

  it.each(['adopt_', 'adopt_v1', 'adopt_20260111_202801', 'adopt_20260111_202801_120/..'])(
    'refuse %j',
    (text) => {
      expect([isReleaseId(text), isAdoptedId(text)]).toEqual([false, false]);
    },
  );

  it('have room for the longest version', () => {
    const version = `v${'9'.repeat(99)}`;
    expect(isTransactionId(`rollback_${version}_20260111_202801_120`)).toBe(true);
  });

  it.each(['', 'dryrun_v1', 'deploy_../x', 'deploy_v1/..', '../deploy_v1', 'deploy_v1\n'])(
    'refuse %j',
    (text) => {
      expect(isTransactionId(text)).toBe(false);
    },
  );
});

import { describe, expect, it } from 'vitest';
import { chooseService, omissionWarnings } from '../../../src/deploy/omissions.ts';
import { NO_SERVICE, type ServiceSettings } from '../../../src/deploy/service-settings.ts';
import { viewJournal } from '../../../src/deploy/target-view.ts';

const RESTART = { ...NO_SERVICE, restartCommand: 'systemctl restart llm' };
const view = { ...viewJournal([]), service: RESTART };
const standing = (service: ServiceSettings | null) => ({
  occupant: { kind: 'release', releaseId: 'deploy_a', linkText: 'x' } as const,
  view: { ...view, service },
  targetPath: '/srv/llm',
});

describe('chooseService', () => {
  it('takes what was said, or on demand what was said the last time', () => {
    expect(chooseService({ service: NO_SERVICE, sameService: false }, view)).toBe(NO_SERVICE);
    expect(chooseService({ service: NO_SERVICE, sameService: true }, view)).toBe(RESTART);
  });

  it('refuses where nothing was ever said', () => {
    expect(() => chooseService({ service: NO_SERVICE, sameService: true }, { service: null })).toThrow(
      expect.objectContaining({ code: 'DEPLOY_NO_SERVICE_KNOWN', exitCode: 1 }),
    );
  });
});

describe('omissionWarnings', () => {
  const codes = (...args: Parameters<typeof omissionWarnings>) =>
    omissionWarnings(...args).map(({ code, message }) => [code, message]);

  it('tells of a restart command that is missing this time, and names it', () => {
    expect(codes({ adopt: false }, standing(RESTART), NO_SERVICE)).toEqual([
      ['DEPLOY_RESTART_OMITTED', expect.stringContaining('(systemctl restart llm)')],
    ]);
    const handover = { ...NO_SERVICE, handover: 'stop-first' as const, startCommand: 'start it' };
    expect(codes({ adopt: false }, standing(handover), NO_SERVICE)).toHaveLength(1);
  });

  it('says nothing where one is given, the same or another, or where there never was one', () => {
    const other = { ...RESTART, restartCommand: './again' };
    expect(codes({ adopt: false }, standing(RESTART), other)).toEqual([]);
    expect(codes({ adopt: false }, standing(null), NO_SERVICE)).toEqual([]);
    const probes = [{ kind: 'command' as const, command: 'true' }];
    expect(codes({ adopt: false }, standing({ ...NO_SERVICE, probes }), NO_SERVICE)).toEqual([]);
  });

  it('tells that there was nothing to adopt, but not once it was adopted', () => {
    const nothing = { ...standing(null), occupant: { kind: 'nothing' } as const };
    expect(codes({ adopt: true }, nothing, NO_SERVICE)).toEqual([
      ['DEPLOY_NOTHING_TO_ADOPT', expect.stringContaining('/srv/llm')],
    ]);
    expect(codes({ adopt: true }, standing(null), NO_SERVICE)).toEqual([]);
  });
});

/** What an operator may have meant to say and did not: settings that this target had before, a folder that is not there. Pure. */
import { escapeText, type Warning } from '../core/index.ts';
import type { DeployOptions } from './deploy-options.ts';
import { DeployFailure } from './error.ts';
import { restartCommandOf, type ServiceSettings } from './service-settings.ts';
import type { TargetFacts } from './target-facts.ts';
import type { TargetView } from './target-view.ts';

/** The settings of this deployment. Throws `DEPLOY_NO_SERVICE_KNOWN` where it is to have the last ones and there are none. */
export function chooseService(
  { service, sameService }: Pick<DeployOptions, 'service' | 'sameService'>,
  view: Pick<TargetView, 'service'>,
): ServiceSettings {
  if (!sameService) return service;
  if (view.service !== null) return view.service;
  throw new DeployFailure('DEPLOY_NO_SERVICE_KNOWN', 'No deployment here had a restart command or a probe.', {
    details: { expected: 'settings of an earlier deployment in the journal', received: 'none' },
  });
}

/** Of a deployment that went live. */
export function omissionWarnings(
  { adopt }: Pick<DeployOptions, 'adopt'>,
  { occupant, view, targetPath }: Pick<TargetFacts, 'occupant' | 'view' | 'targetPath'>,
  service: ServiceSettings,
): readonly Warning[] {
  const warnings: Warning[] = [];
  const before = view.service === null ? null : restartCommandOf(view.service);
  if (before !== null && restartCommandOf(service) === null) {
    warnings.push({
      code: 'DEPLOY_RESTART_OMITTED',
      message: `Deployed without the restart command that the last deployment here used (${escapeText(before)}); a running server keeps the old release. --same-service restarts it as before.`,
    });
  }
  if (adopt && occupant.kind === 'nothing') {
    warnings.push({
      code: 'DEPLOY_NOTHING_TO_ADOPT',
      message: `Nothing stood at ${escapeText(targetPath)}, so there was nothing to adopt.`,
    });
  }
  return warnings;
}

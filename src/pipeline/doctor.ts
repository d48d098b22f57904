/** Is this machine fit for deployments? Everything that one depends on, looked at by the functions that a deployment uses. */
import { loadTargets } from '../deploy/index.ts';
import { PipelineFailure } from './error.ts';
import { judgePlaces } from './judge-places.ts';
import { judgeRuntime } from './judge-runtime.ts';
import { judgeSurroundings } from './judge-surroundings.ts';
import { isFit, type MachineCheck } from './machine-check.ts';
import type { MachineFacts } from './machine-facts.ts';
import { surveyMachine, type SurveyOptions } from './survey-machine.ts';

export interface ExamineOptions extends Omit<SurveyOptions, 'targetPaths'> {
  /** Null for every target that was ever deployed to, or the one in the state directory where there is none. */
  readonly targetPath: string | null;
}

export interface Examination {
  readonly checks: readonly MachineCheck[];
  /** `PIPELINE_MACHINE_UNFIT`, where a deployment would lack something; null where none would. */
  readonly failure: PipelineFailure | null;
}

/** Changes nothing: a tiny model is written for the engine, and removed. Throws `CORE_INTERRUPTED`. */
export async function examineMachine({ targetPath, ...options }: ExamineOptions): Promise<Examination> {
  const known = targetPath === null ? await loadTargets(options.state) : [targetPath];
  const targetPaths = known.length === 0 ? [null] : known;
  return judgeMachine(await surveyMachine({ ...options, targetPaths }));
}

/** Pure. */
export function judgeMachine(facts: MachineFacts): Examination {
  const checks = [...judgeRuntime(facts), ...judgePlaces(facts), ...judgeSurroundings(facts)];
  if (isFit(checks)) return { checks, failure: null };
  const lacks = checks.filter(({ status }) => status === 'missing' || status === 'failed');
  const [first] = lacks;
  const failure = new PipelineFailure(
    'PIPELINE_MACHINE_UNFIT',
    `A deployment would lack something here: ${lacks.map(({ id }) => id).join(', ')}.`,
    {
      details: { checks: checks.map((check) => ({ ...check })) },
      ...(first?.fix !== null && first !== undefined && { hint: first.fix }),
    },
  );
  return { checks, failure };
}

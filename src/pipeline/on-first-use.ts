/** The jobs, each loaded when it is first called: registering a model pays neither for deploying nor for serving one. */
import type * as bench from './bench-models.ts';
import type * as benchResume from './bench-resume.ts';
import type * as demo from './demo.ts';
import type * as deploy from './deploy-model.ts';
import type * as doctor from './doctor.ts';
import type * as live from './judge-live.ts';
import type * as openBench from './open-bench-engine.ts';
import type * as quantize from './quantize-model.ts';
import type * as report from './report-run.ts';
import type * as scheduled from './scheduled-run.ts';
import type * as serve from './serve-model.ts';
import type * as sign from './sign-existing.ts';
import type * as targets from './targets.ts';

/** {@inheritDoc bench.benchModels} */
export const benchModels: typeof bench.benchModels = async (...args) =>
  (await import('./bench-models.ts')).benchModels(...args);

/** {@inheritDoc openBench.openBenchEngine} */
export const openBenchEngine: typeof openBench.openBenchEngine = async (...args) =>
  (await import('./open-bench-engine.ts')).openBenchEngine(...args);

/** {@inheritDoc benchResume.findRunToResume} */
export const findRunToResume: typeof benchResume.findRunToResume = async (...args) =>
  (await import('./bench-resume.ts')).findRunToResume(...args);

/** {@inheritDoc demo.runDemo} */
export const runDemo: typeof demo.runDemo = async (...args) => (await import('./demo.ts')).runDemo(...args);

/** {@inheritDoc deploy.deployModel} */
export const deployModel: typeof deploy.deployModel = async (...args) =>
  (await import('./deploy-model.ts')).deployModel(...args);

/** {@inheritDoc doctor.examineMachine} */
export const examineMachine: typeof doctor.examineMachine = async (...args) =>
  (await import('./doctor.ts')).examineMachine(...args);

/** {@inheritDoc live.judgeLive} */
export const judgeLive: typeof live.judgeLive = async (...args) =>
  (await import('./judge-live.ts')).judgeLive(...args);

/** {@inheritDoc live.judgeLiveIfAny} */
export const judgeLiveIfAny: typeof live.judgeLiveIfAny = async (...args) =>
  (await import('./judge-live.ts')).judgeLiveIfAny(...args);

/** {@inheritDoc report.reportRun} */
export const reportRun: typeof report.reportRun = async (...args) =>
  (await import('./report-run.ts')).reportRun(...args);

/** {@inheritDoc scheduled.runScheduled} */
export const runScheduled: typeof scheduled.runScheduled = async (...args) =>
  (await import('./scheduled-run.ts')).runScheduled(...args);

/** {@inheritDoc serve.serveModel} */
export const serveModel: typeof serve.serveModel = async (...args) =>
  (await import('./serve-model.ts')).serveModel(...args);

/** {@inheritDoc sign.signExistingBundle} */
export const signExistingBundle: typeof sign.signExistingBundle = async (...args) =>
  (await import('./sign-existing.ts')).signExistingBundle(...args);

/** {@inheritDoc targets.findTargetAhead} */
export const findTargetAhead: typeof targets.findTargetAhead = async (path, state) =>
  (await import('./targets.ts')).findTargetAhead(path, state);

/** {@inheritDoc targets.findTarget} */
export const findTarget: typeof targets.findTarget = async (...args) =>
  (await import('./targets.ts')).findTarget(...args);

/** {@inheritDoc targets.readTargets} */
export const readTargets: typeof targets.readTargets = async (...args) =>
  (await import('./targets.ts')).readTargets(...args);

/** {@inheritDoc targets.findLiveVersions} */
export const findLiveVersions: typeof targets.findLiveVersions = async (...args) =>
  (await import('./targets.ts')).findLiveVersions(...args);

/** {@inheritDoc quantize.quantizeModel} */
export const quantizeModel: typeof quantize.quantizeModel = async (...args) =>
  (await import('./quantize-model.ts')).quantizeModel(...args);

/** `select`: the policy of choice: weights, thresholds, ranking, explanation. Pure. */
export { SELECT_FAILURES, SelectFailure, type SelectCode } from './error.ts';
export { DEFAULT_MIN_GAIN, DEFAULT_THRESHOLDS, DEFAULT_WEIGHTS } from './defaults.ts';
export { parseThresholds } from './parse-thresholds.ts';
export { parseWeights } from './parse-weights.ts';
export {
  judgeReplacement,
  type LiveModel,
  type Replacement,
  type ReplaceOptions,
  type ReplaceReason,
  type StayReason,
} from './replace-live.ts';
export { assertSelected, selectModel } from './select-model.ts';
export {
  COMPONENT_NAMES,
  type ComponentName,
  type ModelScore,
  type Range,
  type SelectedResult,
  type SelectionResult,
  type SelectOptions,
  type Thresholds,
  type Weights,
} from './types.ts';

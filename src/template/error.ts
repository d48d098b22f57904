/** The failures of `template`: what `--strict` refuses. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const TEMPLATE_FAILURES = {
  TEMPLATE_SUSPICIOUS: {
    exitCode: 3,
    summary: 'A chat template holds what ordinary ones do not, and --strict was given.',
    hint: 'Look at it with milton gguf inspect, and take a template that you trust; without --strict it is a warning.',
    aftermath: 'unchanged',
  },
  TEMPLATE_LIMIT: {
    exitCode: 3,
    summary: 'A model has more or larger chat templates, or longer names for them, than any real one.',
    hint: 'Do not use this file; make it again from the original model.',
    aftermath: 'unchanged',
  },
} as const satisfies FailureCatalogue;

export type TemplateCode = keyof typeof TEMPLATE_FAILURES;

export class TemplateFailure extends Failure<TemplateCode> {
  constructor(code: TemplateCode, message: string, options?: FailureOptions) {
    super(TEMPLATE_FAILURES, code, message, options);
  }
}
